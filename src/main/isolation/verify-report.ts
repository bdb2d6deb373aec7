import { SignedReport, type ReportVerification } from '#shared/contract/isolation.ts'
import { RejectedError } from '#shared/errors.ts'
import { dataInHtml, layoutOf, LAYOUT_VERSION, reportHtml } from './report-html.ts'
import { isSigned } from './report-signature.ts'
import { summaryOf } from './report-store.ts'

type Result = ReportVerification['result']

/**
 * What can be said of a report's file, HTML or JSON: whether it is as it was signed, and by whom.
 * @param ownKeys public keys (O…) of the operator of this profile, former ones too
 * @throws RejectedError `REPORT_UNREADABLE` where the text is not a report.
 */
export function verifyReport(text: string, ownKeys: readonly string[]): ReportVerification {
  const isPage = /^\s*<!doctype html>/iu.test(text)
  const signed = readReport(isPage ? dataInHtml(text) : text)
  const { report, signature } = signed
  const told = (result: Result, words: string): ReportVerification => ({
    result,
    text: words,
    key: signature?.key ?? null,
    signedAt: signature?.signedAt ?? null,
    // Of a report that was altered, nothing is worth showing.
    summary: result === 'altered' ? null : summaryOf(signed),
  })
  if (signature === null) {
    return told(
      'unsigned',
      'This report was never signed, so nobody can tell whether it was changed.',
    )
  }
  if (!isSigned(report, signature)) {
    return told('altered', 'This report was changed after it was signed, or its signature was.')
  }
  const isComparable = isPage && layoutOf(text) === LAYOUT_VERSION
  if (isComparable && reportHtml(signed) !== text) {
    return told(
      'altered',
      'The data inside of this page is as it was signed, but the page shows something else.',
    )
  }
  const note =
    isPage && !isComparable
      ? ' The page was laid out by another version of Muster, so only its data was checked, not what it shows.'
      : ''
  return ownKeys.includes(signature.key)
    ? told('genuine', `This report is as this operator’s key signed it.${note}`)
    : told(
        'foreign',
        `This report is as it was signed, by a key that is not of this operator.${note} Compare the key with those of the operator it should be from.`,
      )
}

function readReport(text: string | undefined): SignedReport {
  try {
    // As in the file: a member that this version does not know would not be covered by what it checks.
    return SignedReport.parse(JSON.parse(text ?? ''))
  } catch (cause) {
    throw new RejectedError({
      code: 'REPORT_UNREADABLE',
      message: 'This is not an isolation report of Muster, or it was cut.',
      advice: 'Choose the HTML or JSON file as Muster exported it.',
      cause,
    })
  }
}
