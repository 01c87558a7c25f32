import { failure } from '../../base/errors/errors.ts'
import { plain } from '../../base/format.ts'
import type { Check, DataRow, Document } from '../document/document.ts'

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

/** Writes the checks as a suite in the form that Jenkins, GitLab and GitHub's actions read. */
export function junitXml({ name, startedAt, checks }: Pick<Document, 'name' | 'startedAt' | 'checks'>): string {
  const failures = checks.filter((one) => one.failure !== null).length
  const skipped = checks.filter((one) => one.failure === null && one.skipped !== undefined).length
  const seconds = checks.reduce((sum, one) => sum + (one.seconds ?? 0), 0)
  // Jenkins' schema knows the number of skipped cases of a suite, not of all suites together.
  const counts = `tests="${checks.length}" failures="${failures}" errors="0"`
  const time = `time="${seconds.toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="rushbench" ${counts} ${time}>`,
    `  <testsuite name="${escapeXml(`rushbench ${name}`)}" ${counts} skipped="${skipped}" ${time} timestamp="${escapeXml(startedAt.replace(/(\.\d+)?Z$/, ''))}">`,
    ...checks.map(caseXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function caseXml({ group, name, failure: reason, skipped, seconds = 0 }: Check): string {
  const head = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`
  if (reason !== null) {
    return `${head}>\n      <failure message="${escapeXml(reason)}">${escapeXml(reason)}</failure>\n    </testcase>`
  }
  if (skipped !== undefined) return `${head}>\n      <skipped message="${escapeXml(skipped)}"/>\n    </testcase>`
  return `${head}/>`
}

/** The data of a document as CSV (RFC 4180) under a head. Throws `view-missing` where it has none. */
export function csvText({ name, data }: Pick<Document, 'name' | 'data'>): string {
  const [first] = data
  if (!first) throw failure('view-missing', { kind: name, view: 'csv' })
  return [Object.keys(first), ...data.map((row) => Object.values(row))]
    .map((cells) => `${cells.map(csvCell).join(',')}\r\n`)
    .join('')
}

/** A cell, quoted where it must be; text that a spreadsheet would run as a formula begins with an apostrophe. */
export function csvCell(value: DataRow[string]): string {
  if (typeof value === 'number') return String(value)
  const text = (value ?? '').replace(/^(?=[=+\-@\t\r])/, "'")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
