import { Button, type ButtonProps } from '@mantine/core'
import dialog from './dialog.module.css'

interface SubmitRowProps extends Pick<ButtonProps, 'children' | 'color' | 'disabled' | 'loading'> {
  readonly onCancel: () => void
}

/** How a form in a dialog ends: the way back, and what it does. */
export function SubmitRow({ onCancel, ...submit }: SubmitRowProps) {
  return (
    <div className={dialog.footer}>
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" {...submit} />
    </div>
  )
}
