import { useDeferredValue, type ReactNode } from 'react'
import { Button, Combobox, InputBase, useCombobox } from '@mantine/core'
import { IconFolder } from '@tabler/icons-react'
import type { PathKind } from '#shared/contract/paths.ts'
import { useChoosePath, useHasPathDialog, usePathCompletion } from '../lib/paths/use-path.ts'
import { problemOf } from '../lib/problem.ts'
import { DeviceText } from './device-text.tsx'
import styles from './path-input.module.css'

interface PathInputProps {
  readonly label?: ReactNode
  readonly 'aria-label'?: string
  readonly description?: ReactNode
  readonly placeholder?: string
  /** What the path leads to; while one types, folders are suggested for both. */
  readonly kind: PathKind
  readonly value: string
  readonly onChange: (path: string) => void
  readonly error?: ReactNode
  readonly disabled?: boolean
}

const MAX_LENGTH = 4_096

/**
 * A path of the computer that runs Muster: typed, with its folders completed level by level, or
 * chosen in the system's dialog where the host has one.
 */
export function PathInput(props: PathInputProps) {
  const { kind, value, onChange, error, disabled = false } = props
  const hasDialog = useHasPathDialog()
  const choose = useChoosePath()
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const completion = usePathCompletion(useDeferredValue(value), combobox.dropdownOpened)
  // The folder that stands there in full is no suggestion, and would lie over what follows.
  const folders = (completion.data?.folders ?? []).filter(
    ({ path }) => path.slice(0, -1) !== value && path !== value,
  )
  const ask = () =>
    choose.mutate(
      { kind, startAt: value },
      { onSuccess: ({ path }) => void (path !== null && onChange(path)) },
    )
  return (
    <Combobox
      store={combobox}
      // What was taken goes on inside, so that the next level is suggested at once.
      onOptionSubmit={(path) => {
        combobox.resetSelectedOption()
        onChange(path)
      }}
    >
      <Combobox.Target withExpandedAttribute>
        <InputBase
          label={props.label}
          aria-label={props['aria-label']}
          description={props.description}
          placeholder={props.placeholder}
          value={value}
          onChange={(event) => {
            onChange(event.currentTarget.value)
            combobox.openDropdown()
            combobox.resetSelectedOption()
          }}
          onBlur={() => combobox.closeDropdown()}
          error={choose.isError ? problemOf(choose.error).message : error}
          disabled={disabled || choose.isPending}
          spellCheck={false}
          autoComplete="off"
          maxLength={MAX_LENGTH}
          classNames={{ input: styles.path ?? '' }}
          rightSectionWidth={hasDialog ? 88 : 0}
          rightSectionPointerEvents="all"
          rightSection={
            hasDialog && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={ask}
                disabled={disabled}
                loading={choose.isPending}
              >
                Choose…
              </Button>
            )
          }
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={folders.length === 0}>
        <Combobox.Options mah={260} className={styles.options} aria-label="Folders">
          {folders.map(({ name, path }) => (
            <Combobox.Option key={path} value={path} className={styles.option}>
              <IconFolder size={15} aria-hidden />
              <DeviceText text={name} mono />
            </Combobox.Option>
          ))}
        </Combobox.Options>
        {completion.data?.cut === true && (
          <Combobox.Footer className={styles.more}>There are more. Type on.</Combobox.Footer>
        )}
      </Combobox.Dropdown>
    </Combobox>
  )
}
