interface DeviceTextProps {
  readonly text: string
  /** Fixed-width type, for ids. */
  readonly mono?: boolean
  /** Let long text wrap instead of cutting it with an ellipsis. */
  readonly wrap?: boolean
  readonly className?: string
}

/**
 * Text that a device or another person chose: isolated from the direction of the text around it,
 * never markup, cut where there is no room with the whole in the title.
 */
export function DeviceText({ text, mono = false, wrap = false, className }: DeviceTextProps) {
  const classes = [mono ? 'm-mono' : '', wrap ? 'm-wrap' : 'm-truncate', className ?? '']
  return (
    <bdi className={classes.filter((name) => name !== '').join(' ')} title={text}>
      {text}
    </bdi>
  )
}
