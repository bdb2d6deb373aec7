import { Button } from '@mantine/core'
import { IconFilterOff } from '@tabler/icons-react'
import { EmptyState } from './empty-state.tsx'

interface NothingFitsProps {
  readonly title: string
  /** What left nothing over. */
  readonly text: string
  /** Word of the button that shows the whole list again. */
  readonly action: string
  readonly onClear: () => void
}

/** Stands where a list would, when search and filters leave nothing over. */
export function NothingFits({ title, text, action, onClear }: NothingFitsProps) {
  return (
    <EmptyState
      icon={IconFilterOff}
      title={title}
      actions={
        <Button variant="default" onClick={onClear}>
          {action}
        </Button>
      }
    >
      {text}
    </EmptyState>
  )
}
