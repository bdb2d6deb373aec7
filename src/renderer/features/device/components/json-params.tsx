import { Textarea } from '@mantine/core'

interface JsonParamsProps {
  readonly text: string
  readonly onChange: (text: string) => void
  readonly error: string | null
  readonly disabled: boolean
}

/** The parameters as JSON, for what a form cannot say. */
export function JsonParams({ text, onChange, error, disabled }: JsonParamsProps) {
  return (
    <Textarea
      label="Parameters as JSON"
      classNames={{ input: 'm-mono' }}
      autosize
      minRows={4}
      maxRows={16}
      spellCheck={false}
      value={text}
      error={error}
      disabled={disabled}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

/** The object that a text says; a sentence on what is wrong where it says none. */
export function parseParams(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
    return 'Parameters are an object: {"name": value}.'
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`
  }
}
