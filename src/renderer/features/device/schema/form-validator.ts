import { Validator, type OutputUnit, type Schema } from '@cfworker/json-schema'
import {
  ErrorSchemaBuilder,
  toErrorList,
  type CustomValidator,
  type ErrorTransformer,
  type FormContextType,
  type RJSFSchema,
  type UiSchema,
  type ValidationData,
  type ValidatorType,
} from '@rjsf/utils'
import { messageFor, placeOf, tellsNothingNew } from './validation-words.ts'

type Data = unknown

/**
 * What RJSF asks of a validator, answered by @cfworker/json-schema: it interprets schemas, where
 * RJSF's usual one compiles them with `new Function`, which the content security policy forbids.
 */
export class FormValidator implements ValidatorType<Data, RJSFSchema, FormContextType> {
  readonly #validators = new WeakMap<RJSFSchema, Validator>()

  /** All complaints about the data of a whole form. */
  validateFormData(
    formData: Data,
    schema: RJSFSchema,
    _customValidate?: CustomValidator<Data>,
    transformErrors?: ErrorTransformer<Data>,
    uiSchema?: UiSchema<Data>,
  ): ValidationData<Data> {
    const builder = new ErrorSchemaBuilder<Data>()
    for (const unit of this.rawValidation(schema, formData).errors ?? []) {
      if (!tellsNothingNew(unit)) builder.addErrors(messageFor(unit), placeOf(unit))
    }
    const errorSchema = builder.ErrorSchema
    const errors = toErrorList(errorSchema)
    return { errors: transformErrors?.(errors, uiSchema) ?? errors, errorSchema }
  }

  /** Whether the data fits a part of a schema; RJSF uses it to choose among alternatives. */
  isValid(schema: RJSFSchema, formData: Data, rootSchema: RJSFSchema): boolean {
    const { definitions, $defs } = rootSchema
    // The part refers to what the whole defines.
    const whole = {
      ...(definitions === undefined ? {} : { definitions }),
      ...($defs === undefined ? {} : { $defs }),
      ...schema,
    }
    return this.#check(new Validator(whole as Schema, draftOf(whole), true), formData).length === 0
  }

  /** The complaints as the validator words them; none where the schema itself is broken. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- RJSF's interface has it
  rawValidation<Result = OutputUnit>(
    schema: RJSFSchema,
    formData?: Data,
  ): { errors?: Result[]; validationError?: Error } {
    try {
      return { errors: this.#check(this.#validatorOf(schema), formData) as Result[] }
    } catch (error) {
      return { errors: [], validationError: error as Error }
    }
  }

  #validatorOf(schema: RJSFSchema): Validator {
    const known = this.#validators.get(schema)
    if (known !== undefined) return known
    const validator = new Validator(schema as Schema, draftOf(schema), false)
    this.#validators.set(schema, validator)
    return validator
  }

  #check(validator: Validator, formData: Data): OutputUnit[] {
    try {
      return validator.validate(asJson(formData)).errors
    } catch {
      // A schema that contradicts itself checks nothing; the device has the last word anyway.
      return []
    }
  }
}

// RJSF writes an emptied field as undefined, which JSON does not know and the validator refuses.
function asJson(data: Data): unknown {
  return data === undefined ? {} : JSON.parse(JSON.stringify(data))
}

function draftOf(schema: RJSFSchema): '2019-09' | '2020-12' {
  // Only the newest draft has `prefixItems`; the one before it also reads what older ones wrote.
  return JSON.stringify(schema).includes('"prefixItems"') ? '2020-12' : '2019-09'
}
