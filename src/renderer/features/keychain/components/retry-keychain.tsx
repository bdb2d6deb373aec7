import { Button } from '@mantine/core'
import type { KeychainStatus } from '#shared/contract/keychain.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useRetryKeychain } from '../api/retry-keychain.ts'
import styles from './keychain.module.css'

/** Says what keeps the keychain closed and tries again on request. */
export function RetryKeychain({ status }: { status: KeychainStatus }) {
  const retry = useRetryKeychain()
  return (
    <div className={styles.form}>
      <Notice
        tone="warn"
        title={status.summary}
        actions={
          <Button
            variant="default"
            size="xs"
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            Try again
          </Button>
        }
      >
        {status.advice}
      </Notice>
      {retry.isError && <ProblemNotice problem={problemOf(retry.error)} />}
    </div>
  )
}
