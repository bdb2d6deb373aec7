import { Radio } from '@mantine/core'
import type { TablerIcon } from '@tabler/icons-react'
import styles from './choice-cards.module.css'

interface Choice<Value extends string> {
  readonly value: Value
  readonly icon: TablerIcon
  readonly title: string
  readonly text: string
}

interface ChoiceCardsProps<Value extends string> {
  readonly label: string
  readonly value: Value | null
  readonly onChange: (value: Value) => void
  readonly choices: readonly Choice<Value>[]
}

/** One of few choices, each with room for a sentence. */
export function ChoiceCards<Value extends string>(props: ChoiceCardsProps<Value>) {
  const { label, value, onChange, choices } = props
  return (
    <Radio.Group
      label={label}
      value={value}
      onChange={(chosen) => {
        const choice = choices.find((each) => each.value === chosen)
        if (choice !== undefined) onChange(choice.value)
      }}
    >
      <div className={styles.cards}>
        {choices.map(({ value: own, icon: Icon, title, text }) => (
          <Radio.Card key={own} value={own} className={styles.card}>
            <Icon size={20} stroke={1.6} className={styles.icon} aria-hidden />
            <span className={styles.text}>
              <span className={styles.title}>{title}</span>
              <span className={styles.detail}>{text}</span>
            </span>
            <Radio.Indicator size="sm" />
          </Radio.Card>
        ))}
      </div>
    </Radio.Group>
  )
}
