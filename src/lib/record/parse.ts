import { failure, reasonOf } from '../base/errors/errors.ts'
import { plain } from '../base/format.ts'
import { fit } from '../base/json-schema.ts'
import { Report, reportKinds } from './record.ts'
import { reportSchemaName } from './names.ts'

/** Reads a report from `content`, which came from `file`. Throws `report-unreadable` with the first reason. */
export function parseReport(content: string, file: string): Report {
  // The reason quotes the file, which may hold anything, and goes to a terminal.
  const refuse = (reason: string, cause?: unknown) =>
    failure('report-unreadable', { file, reason: plain(reason) }, cause)
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw refuse(`it is not whole JSON (${reasonOf(error)})`, error)
  }
  const { schema, kind } = (value ?? {}) as { schema?: unknown; kind?: unknown }
  if (schema !== reportSchemaName) {
    throw refuse(`its schema is ${quote(schema)}, and this version reads ${reportSchemaName}`)
  }
  const isKnown = typeof kind === 'string' && reportKinds.includes(kind)
  if (!isKnown) throw refuse(`its kind is ${quote(kind)}, not one of ${reportKinds.join(', ')}`)
  const { value: report, misfit } = fit(Report, value, 'a report')
  if (misfit !== null) throw refuse(misfit)
  return report
}

const longestQuote = 80

function quote(value: unknown): string {
  const shown = JSON.stringify(value) ?? 'missing'
  return shown.length > longestQuote ? `${shown.slice(0, longestQuote)}...` : shown
}
