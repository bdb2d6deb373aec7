import { ActionIcon, Button, CopyButton as MantineCopyButton, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'

const SHOW_COPIED_MS = 1_500

/** A small button that copies `text`; `what` names it for its label, such as `fingerprint`. */
export function CopyIcon({ text, what }: { text: string; what: string }) {
  return (
    <MantineCopyButton value={text} timeout={SHOW_COPIED_MS}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon size="sm" onClick={copy} aria-label={`Copy ${what}`}>
            {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
          </ActionIcon>
        </Tooltip>
      )}
    </MantineCopyButton>
  )
}

/** The same with its label beside the icon. */
export function CopyTextButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  return (
    <MantineCopyButton value={text} timeout={SHOW_COPIED_MS}>
      {({ copied, copy }) => (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          onClick={copy}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        >
          {copied ? 'Copied' : label}
        </Button>
      )}
    </MantineCopyButton>
  )
}
