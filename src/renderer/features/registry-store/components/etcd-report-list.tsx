import type { EtcdReport } from '#shared/contract/registry-store.ts'
import { counted } from '../../../lib/counted.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import styles from './registry-store.module.css'

type Member = EtcdReport['members'][number]

interface EtcdReportListProps {
  readonly report: EtcdReport
  /** The registry uses it already. */
  readonly isInUse?: boolean
}

/** What came of trying an etcd: whether a registry can use it, and each member by itself. */
export function EtcdReportList({ report, isInUse = false }: EtcdReportListProps) {
  const { members, devices, more, problem } = report
  const usable = members.filter((member) => member.problem === null).length
  return (
    <div className={styles.report}>
      {problem === null ? (
        <Notice
          tone={usable === members.length ? 'ok' : 'warn'}
          title={
            usable === members.length
              ? 'The registry can use this etcd.'
              : `The registry can use this etcd by ${usable} of ${members.length} endpoints.`
          }
        >
          {devices === 0
            ? 'It holds no devices of this dialect yet.'
            : `It holds the records of ${counted(devices, 'device')}${more ? ' and more' : ''}${isInUse ? ' online' : ', which this registry will show, too'}.`}
        </Notice>
      ) : (
        <ProblemNotice problem={problem} />
      )}
      <ul className={styles.members} aria-label="Endpoints">
        {members.map((member) => (
          <MemberLine key={member.endpoint} member={member} />
        ))}
      </ul>
    </div>
  )
}

function MemberLine({ member }: { member: Member }) {
  const { endpoint, problem, outOfSpace } = member
  return (
    <li className={styles.member}>
      <DeviceText text={endpoint} mono />
      {problem !== null && <StateMark tone="bad" word="Can not be used" />}
      {problem === null && outOfSpace && <StateMark tone="bad" word="Quota used up" />}
      {problem === null && !outOfSpace && <StateMark tone="ok" word="Well" />}
      <span className={styles.wide}>
        {problem === null ? factsOf(member) : <bdi>{`${problem.message} ${problem.advice}`}</bdi>}
      </span>
    </li>
  )
}

function factsOf({ version, databaseBytes, quotaBytes }: Member): string {
  const facts = [
    version === null ? null : `etcd ${version}`,
    databaseBytes === null ? null : sizeText(databaseBytes, quotaBytes ?? 0),
  ]
  return facts.filter((fact) => fact !== null).join(' · ')
}

/** A size, and what part of the quota it is where that is known. */
export function sizeText(databaseBytes: number, quotaBytes: number): string {
  if (quotaBytes === 0) return `${bytesText(databaseBytes)} used`
  const part = Math.round((databaseBytes / quotaBytes) * 100)
  return `${bytesText(databaseBytes)} of ${bytesText(quotaBytes)} used (${part} %)`
}
