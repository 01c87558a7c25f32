import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { currentKeyOrder, type InsertKeyOrder } from '../base/key-order.ts'
import { failure, reasonOf } from '../base/errors/errors.ts'
import { plain } from '../base/format.ts'
import { reportKinds, type InsertBenchReport, type Report } from './record.ts'
import { reportSchemaName } from './names.ts'

type Kind = keyof typeof reportKinds

const compile = (kind: Kind) => Compile(reportKinds[kind])
/** Compiling takes longer than reading; each kind is compiled when the first report of it is read. */
const validators = new Map<Kind, ReturnType<typeof compile>>()

function validatorOf(kind: Kind): ReturnType<typeof compile> {
  const validator = validators.get(kind) ?? compile(kind)
  validators.set(kind, validator)
  return validator
}

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
  const isKnown = typeof kind === 'string' && Object.hasOwn(reportKinds, kind)
  if (!isKnown) throw refuse(`its kind is ${quote(kind)}, not one of ${Object.keys(reportKinds).join(', ')}`)
  const validator = validatorOf(kind as Kind)
  if (!validator.Check(value)) {
    const [first] = validator.Errors(value)
    throw refuse(
      `${first?.instancePath.replaceAll('/', '.').slice(1) || 'it'} ${first ? expectationOf(first) : 'does not fit'}`,
    )
  }
  return value.kind === 'insert-bench' ? withCurrentKeyOrders(value) : value
}

/** Earlier versions called ascending keys `append` in reports of timed inserts. */
function withCurrentKeyOrders(report: InsertBenchReport): InsertBenchReport {
  const { checkpoints, model, stream, sweep } = report
  const renewed = <Keyed extends { readonly keys?: InsertKeyOrder }>(keyed: Keyed): Keyed =>
    keyed.keys === undefined ? keyed : { ...keyed, keys: currentKeyOrder(keyed.keys) }
  const models = model?.map(({ against, ...one }) => {
    return { ...renewed(one), ...(against === undefined ? {} : { against: currentKeyOrder(against) }) }
  })
  return {
    ...report,
    checkpoints: checkpoints.map(renewed),
    ...(models && { model: models }),
    ...(stream && { stream: renewed(stream) }),
    ...(sweep && { sweep: { ...sweep, keys: sweep.keys.map(currentKeyOrder) } }),
  }
}

/** Typebox's own words, except where they are a regular expression or leave out what is allowed. */
function expectationOf(error: TLocalizedValidationError): string {
  if (error.keyword === 'pattern') return 'must be a time in UTC such as 2026-11-20T22:36:55Z'
  return error.keyword === 'enum' ? `must be one of ${error.params.allowedValues.join(', ')}` : error.message
}

const longestQuote = 80

function quote(value: unknown): string {
  const shown = JSON.stringify(value) ?? 'missing'
  return shown.length > longestQuote ? `${shown.slice(0, longestQuote)}...` : shown
}
