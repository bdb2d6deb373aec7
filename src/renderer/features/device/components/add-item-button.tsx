import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { IconButtonProps } from '@rjsf/utils'

/** Adds an item to a list in a form; the form library's own one shows a bare plus. */
export function AddItemButton({ id, className, disabled, onClick }: IconButtonProps) {
  return (
    <Button
      {...(id === undefined ? {} : { id })}
      {...(className === undefined ? {} : { className })}
      size="compact-sm"
      variant="default"
      leftSection={<IconPlus size={14} />}
      disabled={disabled ?? false}
      {...(onClick === undefined ? {} : { onClick })}
    >
      Add
    </Button>
  )
}
