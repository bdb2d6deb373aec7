import { useState } from 'react'
import { Button, Modal } from '@mantine/core'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useForgetDevice } from '../api/forget-device.ts'

interface ForgetButtonProps {
  readonly address: DeviceAddress
  readonly onForgotten: () => void
}

/** Takes an offline device off the list, after saying what that does and does not. */
export function ForgetButton({ address, onForgotten }: ForgetButtonProps) {
  const [asking, setAsking] = useState(false)
  const forget = useForgetDevice()
  const { tenant, deviceId } = address
  return (
    <div>
      <Button variant="default" size="xs" onClick={() => setAsking(true)}>
        Forget this device…
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={
          <>
            Forget <bdi>{deviceId}</bdi>?
          </>
        }
      >
        <p style={{ marginTop: 0 }}>
          It leaves the list, and the registry forgets its record. Its credential stays valid: when
          the device connects again, it registers and comes back.
        </p>
        {forget.isError && <ProblemNotice problem={problemOf(forget.error)} />}
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8, marginTop: 16 }}>
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep
          </Button>
          <Button
            color="red"
            loading={forget.isPending}
            onClick={() => forget.mutate({ tenant, deviceId }, { onSuccess: onForgotten })}
          >
            Forget
          </Button>
        </div>
      </Modal>
    </div>
  )
}
