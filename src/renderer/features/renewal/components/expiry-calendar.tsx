import { useState } from 'react'
import { Button, Skeleton, Tooltip } from '@mantine/core'
import type { ExpiryCalendar as Calendar } from '#shared/contract/renewal.ts'
import { counted } from '../../../lib/counted.ts'
import { longDay, shortDay, stretchText, weeksOf, type Stretch } from '../days.ts'
import styles from './expiry-calendar.module.css'

/** A day is labelled below the bars once in so many. */
const LABEL_EVERY_DAYS = 15
/** As wide as so many days. */
const LABEL_DAYS = 5

interface ExpiryCalendarProps {
  readonly calendar: Calendar | undefined
  readonly chosen: Pick<Stretch, 'first' | 'last'> | null
  readonly onChoose: (stretch: Pick<Stretch, 'first' | 'last'> | null) => void
}

/** How many credentials expire on each of the next 90 days: as bars, or in weeks as a table. */
export function ExpiryCalendar({ calendar, chosen, onChoose }: ExpiryCalendarProps) {
  const [asTable, setAsTable] = useState(false)
  if (calendar === undefined) return <LoadingCalendar />
  const soon = calendar.days.reduce((sum, day) => sum + day.count, 0)
  return (
    <section className={styles.calendar} aria-label="What expires when">
      <div className={styles.head}>
        <h2 className={styles.title}>Next 90 days</h2>
        <span className="m-muted">
          {counted(soon, 'credential')} {soon === 1 ? 'expires' : 'expire'},{' '}
          {calendar.later.toLocaleString('en')} later
        </span>
        <span className={styles.space} />
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-expanded={asTable}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? 'Show as bars' : 'Show as a table'}
        </Button>
      </div>
      {asTable ? (
        <WeekTable calendar={calendar} chosen={chosen} onChoose={onChoose} />
      ) : (
        <Bars calendar={calendar} chosen={chosen} onChoose={onChoose} />
      )}
    </section>
  )
}

interface DaysProps {
  readonly calendar: Calendar
  readonly chosen: ExpiryCalendarProps['chosen']
  readonly onChoose: ExpiryCalendarProps['onChoose']
}

function Bars({ calendar: { days }, chosen, onChoose }: DaysProps) {
  const most = Math.max(1, ...days.map(({ count }) => count))
  const peak = days.find(({ count }) => count === most)
  const summary =
    peak === undefined || peak.count === 0
      ? 'No credential expires in the next 90 days.'
      : `Bars of the next 90 days. The most, ${counted(peak.count, 'credential')}, on ${longDay(peak.date)}. Choose “Show as a table” to read them.`
  return (
    <div className={styles.chart}>
      <span className={styles.most} aria-hidden>
        {most > 1 ? most.toLocaleString('en') : ''}
      </span>
      <div className={styles.bars} role="img" aria-label={summary}>
        {days.map(({ date, count, due }) => {
          const isChosen = chosen !== null && date >= chosen.first && date <= chosen.last
          return (
            <Tooltip
              key={date}
              label={`${longDay(date)}: ${count === 0 ? 'none' : counted(count, 'credential')}${due === 0 ? '' : `, ${due.toLocaleString('en')} due for renewal`}`}
              openDelay={120}
            >
              {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- the table says the same to the keyboard and to screen readers */}
              <div
                className={styles.day}
                data-chosen={isChosen}
                data-any={count > 0}
                data-due={due > 0}
                onClick={() => {
                  if (count > 0) onChoose(isChosen ? null : { first: date, last: date })
                }}
              >
                <div
                  className={styles.bar}
                  style={{ height: count === 0 ? 0 : `max(5px, ${(count / most) * 100}%)` }}
                />
              </div>
            </Tooltip>
          )
        })}
      </div>
      <div className={styles.labels} aria-hidden>
        {days.map(({ date }, index) => (
          <span key={date} className={styles.label}>
            {index % LABEL_EVERY_DAYS === 0 && index < days.length - LABEL_DAYS && (
              <span>{index === 0 ? 'Today' : shortDay(date)}</span>
            )}
          </span>
        ))}
      </div>
    </div>
  )
}

function WeekTable({ calendar, chosen, onChoose }: DaysProps) {
  const weeks = weeksOf(calendar.days).filter(({ count }) => count > 0)
  if (weeks.length === 0) return <p className="m-muted">Nothing expires in the next 90 days.</p>
  return (
    <div className={styles.tableBox}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Week</th>
            <th scope="col">Credentials</th>
            <th scope="col">
              <span className="m-hidden">List</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => {
            const isChosen = chosen?.first === week.first && chosen.last === week.last
            return (
              <tr key={week.first}>
                <th scope="row">{stretchText(week)}</th>
                <td className="m-numbers">{week.count.toLocaleString('en')}</td>
                <td>
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    aria-pressed={isChosen}
                    onClick={() => onChoose(isChosen ? null : week)}
                  >
                    {isChosen ? 'Show all' : 'Show only these'}
                  </Button>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function LoadingCalendar() {
  return (
    <div className={styles.calendar} aria-busy="true" aria-label="The calendar is being loaded">
      <div className={styles.head}>
        <Skeleton height={12} width="14rem" my={5} />
      </div>
      <div className={styles.bars} />
      <div className={styles.labels} />
    </div>
  )
}
