import type { Row, StatementValue } from '../../ports/database-client.ts'
import type { Random } from '../../base/random.ts'
import type { Frame } from './functions.ts'
import type { Instruction, RowsTaken, ScriptStatement, SqlScript } from './program.ts'
import { ScenarioMistake } from '../scenarios/mistakes.ts'
import { describePlace, ScriptError, ValueError } from './script-error.ts'
import { Double, isTrue, type ScriptValue } from './values.ts'

/** Sends a statement of a script, and returns its rows. */
export type SendStatement = (
  statement: ScriptStatement,
  parameters: readonly StatementValue[],
) => Promise<readonly Row[]>

/** The one who does what a script asks for: on a database, or in a test. */
export interface ScriptHost {
  readonly send: SendStatement
  /**
   * Makes a transaction of what `body` sends, which returns whether to keep it. `body` may be called again where the engine
   * asks for that: its variables are then as they were at first, and what it draws is drawn again.
   */
  transaction(begin: ScriptStatement, body: (send: SendStatement) => Promise<'commit' | 'rollback'>): Promise<void>
  sleep(ms: number): Promise<void>
}

/** A user of a script: variables keep their values from one iteration to the next, as those of pgbench's clients do. */
export interface ScriptUser extends Frame {
  readonly random: ReplayedRandom
}

/** Creates a user with variables that have a value from the start. */
export function createScriptUser(
  script: SqlScript,
  variables: Readonly<Record<string, ScriptValue>>,
  random: Pick<Random, 'uint32'>,
): ScriptUser {
  const values: (ScriptValue | undefined)[] = Array.from({ length: script.slots.size })
  for (const [name, value] of Object.entries(variables)) {
    const slot = script.slots.get(name)
    if (slot !== undefined) values[slot] = value
  }
  return { values, random: new ReplayedRandom(random) }
}

/** A source of chance that gives the same again to a transaction that is tried again. */
export class ReplayedRandom {
  readonly #source: Pick<Random, 'uint32'>
  #kept: number[] | null = null
  #at = 0

  constructor(source: Pick<Random, 'uint32'>) {
    this.#source = source
  }

  uint32(): number {
    if (this.#kept === null) return this.#source.uint32()
    if (this.#at === this.#kept.length) this.#kept.push(this.#source.uint32())
    return this.#kept[this.#at++] as number
  }

  /** Keeps what is drawn from now on. */
  keep(): void {
    this.#kept = []
    this.#at = 0
  }

  /** Gives again what was drawn since `keep`. */
  replay(): void {
    this.#at = 0
  }

  forget(): void {
    this.#kept = null
  }
}

/** Runs a script once, as one iteration. Rejects with what `host` does, and with ScenarioMistake for a value that is of no use. */
export async function runScript(script: SqlScript, user: ScriptUser, host: ScriptHost): Promise<void> {
  const { instructions } = script
  try {
    let at = advance(instructions, 0, user)
    while (at < instructions.length) {
      const instruction = instructions[at] as Instruction
      if (instruction.kind === 'statement' && instruction.statement.role === 'begin') {
        at = await runTransaction(script, at, instruction.statement, user, host)
      } else {
        await perform(script, instruction, user, host, host.send)
        at++
      }
      at = advance(instructions, at, user)
    }
  } catch (error) {
    throw error instanceof ScriptError ? wrongIn(script, error) : error
  }
}

/** Runs from BEGIN to the end of that transaction, and returns the place behind it. */
async function runTransaction(
  script: SqlScript,
  beginAt: number,
  begin: ScriptStatement,
  user: ScriptUser,
  host: ScriptHost,
): Promise<number> {
  const { instructions } = script
  const before = [...user.values]
  let after = beginAt + 1
  user.random.keep()
  try {
    await host.transaction(begin, async (send) => {
      for (const [slot, value] of before.entries()) user.values[slot] = value
      user.random.replay()
      for (let at = beginAt + 1; ; at++) {
        at = advance(instructions, at, user)
        // Every way leads to an end: that was made sure when the script was read.
        const instruction = instructions[at] as Instruction
        const role = instruction.kind === 'statement' ? instruction.statement.role : 'plain'
        after = at + 1
        if (role === 'commit' || role === 'rollback') return role
        await perform(script, instruction, user, host, send)
      }
    })
  } finally {
    user.random.forget()
  }
  return after
}

/** Does what needs nobody else, up to the next statement or wait. */
function advance(instructions: readonly Instruction[], from: number, user: ScriptUser): number {
  let at = from
  for (;;) {
    const instruction = instructions[at]
    if (instruction === undefined || instruction.kind === 'statement' || instruction.kind === 'sleep') return at
    if (instruction.kind === 'jump') {
      at = instruction.to
      continue
    }
    try {
      if (instruction.kind === 'set') {
        user.values[instruction.slot] = instruction.evaluate(user)
        at++
      } else {
        at = isTrue(instruction.test(user)) ? at + 1 : instruction.to
      }
    } catch (error) {
      throw placed(error, instruction.at)
    }
  }
}

async function perform(
  script: SqlScript,
  instruction: Instruction,
  user: ScriptUser,
  host: ScriptHost,
  send: SendStatement,
): Promise<void> {
  if (instruction.kind === 'sleep') {
    await host.sleep(lengthOf(instruction, user))
  } else if (instruction.kind === 'statement') {
    const { statement } = instruction
    const rows = await send(statement, statement.parameters(user))
    if (statement.rows !== null) takeRows(script, statement.rows, rows, user)
  }
}

function lengthOf(instruction: Extract<Instruction, { kind: 'sleep' }>, user: ScriptUser): number {
  try {
    return instruction.ms(user)
  } catch (error) {
    throw placed(error, instruction.at)
  }
}

function takeRows(script: SqlScript, { kind, prefix, at }: RowsTaken, rows: readonly Row[], user: ScriptUser): void {
  if (kind === 'gset' && rows.length !== 1) {
    throw new ScriptError(at, `\\gset needs a statement that gives one row, and this one gave ${rows.length}`)
  }
  for (const [column, value] of Object.entries(rows.at(-1) ?? {})) {
    // Columns that the script has no variable for are left alone.
    const slot = script.slots.get(`${prefix}${column}`)
    if (slot !== undefined) user.values[slot] = toValue(value)
  }
}

function toValue(value: StatementValue): ScriptValue {
  return typeof value === 'number' && !Number.isSafeInteger(value) ? new Double(value) : value
}

const placed = (error: unknown, at: number): unknown =>
  error instanceof ValueError ? new ScriptError(at, error.message) : error

function wrongIn({ file, text }: SqlScript, error: ScriptError): ScenarioMistake {
  const mistake = new ScenarioMistake(`${describePlace(file, text, error.at)}: ${error.message}`)
  // Its place is in the script, and in no code.
  mistake.stack = ''
  return mistake
}
