import { readFileSync } from 'node:fs'
import { parseReport } from '../../../src/lib/record/parse.ts'
import type { Report } from '../../../src/lib/record/record.ts'

/** A saved report's text. */
export function reportText(name: string): string {
  return readFileSync(new URL(`../../../fixtures/reports/${name}`, import.meta.url), 'utf8')
}

/** A saved report of the kind that the test needs. */
export function savedReport<Kind extends Report['kind']>(kind: Kind, name: string): Extract<Report, { kind: Kind }> {
  const report = parseReport(reportText(name), name)
  if (report.kind !== kind) throw new Error(`${name} is of kind ${report.kind}`)
  return report as Extract<Report, { kind: Kind }>
}
