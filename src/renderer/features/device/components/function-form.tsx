import { Component, useMemo, useRef, useState, type ReactNode } from 'react'
import { Form } from '@rjsf/mantine'
import type { RJSFSchema, UiSchema } from '@rjsf/utils'
import { FormValidator } from '../schema/form-validator.ts'
import { AddItemButton } from './add-item-button.tsx'
import { FormGroupTitle } from './form-group-title.tsx'
import styles from './function-form.module.css'

const validator = new FormValidator()
const TEMPLATES = {
  ButtonTemplates: { AddButton: AddItemButton },
  TitleFieldTemplate: FormGroupTitle,
  ArrayFieldTitleTemplate: FormGroupTitle,
}
const UI_SCHEMA: UiSchema = { 'ui:submitButtonOptions': { norender: true } }

interface FunctionFormProps {
  readonly id: string
  /** Made fit by `sanitizeSchema`. */
  readonly schema: Record<string, unknown>
  readonly initial: Record<string, unknown>
  readonly disabled: boolean
  readonly onChange: (params: Record<string, unknown>) => void
  /** Only when the parameters fit the schema. */
  readonly onSubmit: (params: Record<string, unknown>) => void
  /** Shown where the schema turns out to be none that a form can be made of. */
  readonly fallback: ReactNode
}

/** The parameters of a function as a form; its submit button stands outside, by `id`. */
export default function FunctionForm(props: FunctionFormProps) {
  const { id, schema, initial, disabled, onChange, onSubmit, fallback } = props
  const root = useMemo<RJSFSchema>(() => {
    // The card around the form shows these already.
    const { title: _title, description: _description, ...rest } = schema
    return { type: 'object', ...rest }
  }, [schema])
  const [data, setData] = useState<unknown>(initial)
  const shown = useRef<HTMLDivElement>(null)
  return (
    <BrokenSchemaBoundary fallback={fallback}>
      <div className={styles.form} ref={shown}>
        <Form
          id={id}
          idPrefix={id}
          schema={root}
          uiSchema={UI_SCHEMA}
          validator={validator}
          templates={TEMPLATES}
          formData={data}
          disabled={disabled}
          showErrorList={false}
          focusOnFirstError
          noHtml5Validate
          onChange={({ formData }) => {
            setData(formData)
            onChange(asParams(formData))
          }}
          onSubmit={({ formData }) => onSubmit(asParams(formData))}
          // The fields say it; without this RJSF says it on the console, too.
          onError={() => undefined}
        />
      </div>
    </BrokenSchemaBoundary>
  )
}

// As JSON, so that emptied fields are absent instead of undefined.
function asParams(formData: unknown): Record<string, unknown> {
  const params: unknown = JSON.parse(JSON.stringify(formData ?? {}))
  return typeof params === 'object' && params !== null && !Array.isArray(params)
    ? (params as Record<string, unknown>)
    : {}
}

interface BoundaryProps {
  readonly fallback: ReactNode
  readonly children: ReactNode
}

/** RJSF throws while it draws when a schema contradicts itself; a class is what React catches with. */
class BrokenSchemaBoundary extends Component<BoundaryProps, { readonly broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    return this.state.broken ? this.props.fallback : this.props.children
  }
}
