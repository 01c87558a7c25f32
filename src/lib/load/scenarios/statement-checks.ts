import { isolationLevels } from '../../ports/database-client.ts'
import type { StepCommand, StepStatement, StepTransactionOptions } from '../../ports/database-user.ts'
import { mistaken, refuseOtherFields } from './mistakes.ts'
import { requireFunction, requireObject, requireStep } from './step-checks.ts'

const sqlFields = new Set(['step', 'sql', 'parameters'])
const commandFields = new Set(['step', 'command'])
const transactionFields = new Set(['isolation', 'readOnly', 'attempts'])
const levels: ReadonlySet<unknown> = new Set(isolationLevels)

/** Throws ScenarioMistake for what is no statement. This is done for every one, and has to cost next to nothing. */
export function requireStatement(value: unknown): asserts value is StepStatement | StepCommand {
  requireObject(value, 'a statement')
  const { step, sql, command, parameters } = value as Readonly<Record<string, unknown>>
  requireStep(step)
  if (command !== undefined) {
    if (typeof command !== 'object' || command === null) {
      throw mistaken('command', command, 'a document for MongoDB, or a list of words for Redis')
    }
    return
  }
  if (typeof sql !== 'string' || sql === '') throw mistaken('sql', sql, 'the text of a statement')
  if (parameters === undefined) return
  if (!Array.isArray(parameters)) throw mistaken('parameters', parameters, 'a list of values')
  for (const parameter of parameters as readonly unknown[]) requireParameter(parameter)
}

function requireParameter(value: unknown): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (value instanceof Uint8Array) return
  throw mistaken('a parameter', value, 'a text, a number, true, false, null or bytes')
}

/** Throws ScenarioMistake for fields that a statement does not have. */
export function requireKnownStatementFields(statement: StepStatement | StepCommand): void {
  refuseOtherFields(statement, 'command' in statement ? commandFields : sqlFields, 'a statement')
}

/** Throws ScenarioMistake for what is no transaction. */
export function requireTransaction(step: unknown, work: unknown, options: StepTransactionOptions): void {
  requireStep(step)
  requireFunction('what transaction does', work)
  requireObject(options, 'the options of transaction')
  refuseOtherFields(options, transactionFields, 'what transaction is given')
  const { isolation, attempts } = options
  if (isolation !== undefined && !levels.has(isolation))
    throw mistaken('isolation', isolation, isolationLevels.join(', '))
  if (attempts !== undefined && !(Number.isInteger(attempts) && attempts >= 1)) {
    throw mistaken('attempts', attempts, 'a whole number of 1 or more')
  }
}
