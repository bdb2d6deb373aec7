import { useNavigate, useSearch } from '@tanstack/react-router'
import { AuditScreen } from '../../features/audit/components/audit-screen.tsx'
import { EntryPanel } from '../../features/audit/components/entry-panel.tsx'

export function AuditRoute() {
  const { entry, key } = useSearch({ from: '/audit' })
  const navigate = useNavigate()
  const selected = entry ?? null
  const show = (seq: number | null, of: string | null) =>
    void navigate({
      to: '/audit',
      search: { ...(seq === null ? {} : { entry: seq }), ...(of === null ? {} : { key: of }) },
      replace: true,
    })
  const select = (seq: number | null) => show(seq, key ?? null)
  return (
    <AuditScreen
      selected={selected}
      onSelect={select}
      keyFilter={key ?? null}
      onKeyFilter={(of) => show(selected, of)}
      detail={
        selected === null ? null : (
          <EntryPanel
            seq={selected}
            onClose={() => select(null)}
            onSelect={select}
            onKey={(of) => show(selected, of)}
          />
        )
      }
    />
  )
}
