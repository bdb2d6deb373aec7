import { IconFingerprint } from '@tabler/icons-react'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import styles from './commission-form.module.css'

/** The key of the device in short, to compare with its label before the PIN is given away. */
export function Fingerprint({ fingerprint }: { fingerprint: string }) {
  return (
    <div className={styles.fingerprint}>
      <div className={styles.fingerprintHead}>
        <IconFingerprint size={17} stroke={1.6} aria-hidden />
        <span>Key fingerprint</span>
        <CopyIcon text={fingerprint} what="fingerprint" />
      </div>
      <bdi className={styles.groups} aria-label={`Key fingerprint ${fingerprint}`}>
        {Array.from(fingerprint.matchAll(/[^-]+/gu), ({ 0: group, index }) => (
          <span key={index}>{group}</span>
        ))}
      </bdi>
      <p className={styles.hint}>
        Does it match the label? If the label shows another fingerprint, stop: something on this
        network pretends to be this device and would get its PIN.
      </p>
    </div>
  )
}
