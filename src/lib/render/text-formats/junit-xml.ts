import { plain } from '../../base/format.ts'

/** One thing that was to hold. */
export interface JUnitCase {
  /** What it belongs to, `load.thresholds`. */
  readonly group: string
  readonly name: string
  /** Why it does not hold; null when it does. */
  readonly failure: string | null
  /** Why nothing can be said of it; it is then neither passed nor failed. */
  readonly skipped?: string
  /** It took, seconds. */
  readonly seconds?: number
}

/** Cases under one name. */
export interface JUnitSuite {
  readonly name: string
  /** UTC, ISO 8601. */
  readonly timestamp: string
  readonly cases: readonly JUnitCase[]
}

/** No XML file may hold them, not even escaped. */
const forbidden = /[\ufffe\uffff]/g
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text from outside as text or an attribute's value of XML 1.0. */
export function escapeXml(text: string): string {
  const legal = plain(text).toWellFormed().replaceAll(forbidden, '\ufffd')
  return legal.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** A suite in the form that Jenkins, GitLab and GitHub's actions read. */
export function junitXml({ name, timestamp, cases }: JUnitSuite): string {
  const failures = cases.filter(({ failure }) => failure !== null).length
  const skipped = cases.filter((one) => one.failure === null && one.skipped !== undefined).length
  const seconds = cases.reduce((sum, one) => sum + (one.seconds ?? 0), 0)
  // Jenkins' schema knows the number of skipped cases of a suite, not of all suites together.
  const counts = `tests="${cases.length}" failures="${failures}" errors="0"`
  const time = `time="${seconds.toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="rushbench" ${counts} ${time}>`,
    `  <testsuite name="${escapeXml(name)}" ${counts} skipped="${skipped}" ${time} timestamp="${escapeXml(timestamp.replace(/(\.\d+)?Z$/, ''))}">`,
    ...cases.map(caseXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function caseXml({ group, name, failure, skipped, seconds = 0 }: JUnitCase): string {
  const head = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`
  if (failure !== null) {
    return `${head}>\n      <failure message="${escapeXml(failure)}">${escapeXml(failure)}</failure>\n    </testcase>`
  }
  if (skipped !== undefined) return `${head}>\n      <skipped message="${escapeXml(skipped)}"/>\n    </testcase>`
  return `${head}/>`
}
