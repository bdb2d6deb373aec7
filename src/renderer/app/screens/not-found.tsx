import { Button } from '@mantine/core'
import { IconMapQuestion } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { EmptyState } from '../../ui/empty-state.tsx'

export function NotFound() {
  const navigate = useNavigate()
  return (
    <EmptyState
      icon={IconMapQuestion}
      title="There is no such screen"
      actions={
        <Button variant="default" onClick={() => void navigate({ to: '/commission' })}>
          Go to Commission
        </Button>
      }
    >
      The address may be from another version of Muster.
    </EmptyState>
  )
}
