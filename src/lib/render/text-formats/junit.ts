import { plain } from '../../base/format.ts'
import type { Check, Document } from '../document/document.ts'

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
  const failures = checks.filter(({ failure }) => failure !== null).length
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

function caseXml({ group, name, failure, skipped, seconds = 0 }: Check): string {
  const head = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`
  if (failure !== null) {
    return `${head}>\n      <failure message="${escapeXml(failure)}">${escapeXml(failure)}</failure>\n    </testcase>`
  }
  if (skipped !== undefined) return `${head}>\n      <skipped message="${escapeXml(skipped)}"/>\n    </testcase>`
  return `${head}/>`
}
