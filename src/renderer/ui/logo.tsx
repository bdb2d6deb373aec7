const AROUND = [
  [16, 7.2],
  [16, 24.8],
  [8.4, 11.6],
  [23.6, 11.6],
  [8.4, 20.4],
  [23.6, 20.4],
] as const

/** The mark: devices gathered around one. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--mantine-color-ink-7)" />
      <g fill="#fff">
        <circle cx="16" cy="16" r="3.4" />
        {AROUND.map(([x, y]) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r="2.1" />
        ))}
      </g>
    </svg>
  )
}
