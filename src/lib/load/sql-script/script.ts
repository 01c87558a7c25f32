import { readCommand, sleepMs, type ScriptCommand, type SleepLength } from './commands.ts'
import { compileExpression } from './expression.ts'
import type { Evaluate } from './functions.ts'
import { toParameter, type Instruction, type RowsTaken, type ScriptStatement, type SqlScript } from './program.ts'
import { scanScript, type ScannedCommand, type ScannedStatement, type ScriptDialect } from './scan.ts'
import { meantName, ScriptError, unreadable } from './script-error.ts'
import { createNamer, nameStatement, verbOf, writePlaceholders } from './statement.ts'
import { readTransactionWords } from './transaction-words.ts'
import { asInteger, asOperand } from './values.ts'

/** How a script is to be read. */
export interface ReadOptions {
  readonly file: string
  readonly dialect: ScriptDialect
  /** Variables that have a value before the script sets any. */
  readonly variables: readonly string[]
}

/** Statements and commands of a script, at most. */
const mostInstructions = 5000

const mostVariables = 500

/** `\if` within each other. */
const mostIfs = 100

/** Parameters of a statement: as many as every engine takes. */
const mostParameters = 999

/** Reads a script whole, so that nothing is sent of one that cannot be read. Throws `sql-unreadable`. */
export function readScript(text: string, options: ReadOptions): SqlScript {
  try {
    const builder = new ScriptBuilder(text, options)
    for (const part of scanScript(text, options.dialect)) builder.add(part)
    return builder.finish()
  } catch (error) {
    throw unreadable(options.file, text, error)
  }
}

/** Facts that hold at a place of a script, whatever way led there. */
interface Known {
  readonly variables: Set<string>
  /** Prefixes of variables that rows may have set. */
  readonly prefixes: readonly string[]
  /** Where the open transaction begins; null where none is open. */
  readonly transactionAt: number | null
}

interface OpenIf {
  readonly at: number
  readonly before: Known
  /** Facts at the end of each branch. */
  readonly ends: Known[]
  /** Instructions that lead to the end. */
  readonly jumps: { to: number }[]
  /** The instruction that leads to the next branch. */
  next: { to: number } | null
  hasElse: boolean
}

class ScriptBuilder {
  readonly #text: string
  readonly #options: ReadOptions
  readonly #instructions: Instruction[] = []
  readonly #statements: ScriptStatement[] = []
  readonly #slots = new Map<string, number>()
  readonly #ifs: OpenIf[] = []
  readonly #name = createNamer()
  #known: Known

  constructor(text: string, options: ReadOptions) {
    this.#text = text
    this.#options = options
    for (const name of options.variables) this.#slotOf(name)
    this.#known = { variables: new Set(options.variables), prefixes: [], transactionAt: null }
  }

  add(part: ScannedStatement | ScannedCommand): void {
    if (this.#instructions.length >= mostInstructions) {
      throw new ScriptError(part.at, `a script has at most ${mostInstructions} statements and commands`)
    }
    if (part.kind === 'statement') this.#addStatement(part)
    else this.#addCommand(readCommand(this.#text, part))
  }

  finish(): SqlScript {
    const [open] = this.#ifs
    if (open !== undefined) throw new ScriptError(open.at - 1, 'this \\if has no \\endif')
    const { transactionAt } = this.#known
    if (transactionAt !== null)
      throw new ScriptError(transactionAt, 'the transaction that begins here never ends; write COMMIT, END or ROLLBACK')
    if (this.#statements.length === 0) throw new ScriptError(0, 'the script has no statement')
    return {
      file: this.#options.file,
      text: this.#text,
      instructions: this.#instructions,
      statements: this.#statements,
      slots: this.#slots,
    }
  }

  #addStatement(part: ScannedStatement): void {
    const { at, uses, words } = part
    if (uses.length > mostParameters) throw new ScriptError(at, `a statement has at most ${mostParameters} variables`)
    const found = readTransactionWords(words)
    if (found?.role === 'refused') throw new ScriptError(at, found.reason)
    const { sql, names } = writePlaceholders(this.#text, part, this.#options.dialect)
    const slots = uses.map((use) => ({ ...use, slot: this.#find(use.name, use.at, true) }))
    if (found !== null) this.#moveTransaction(found.role, at)
    const statement: ScriptStatement = {
      step: this.#name(nameStatement(words)),
      verb: verbOf(words),
      sql,
      names,
      role: found?.role ?? 'plain',
      modes: found?.role === 'begin' ? found.modes : {},
      rows: null,
      at,
      parameters: ({ values }) =>
        slots.map(({ slot, name, at: place }) => {
          const value = values[slot]
          if (typeof value === 'number') return value
          if (value === undefined) throw new ScriptError(place, `:${name} has no value here`)
          return toParameter(value)
        }),
    }
    this.#statements.push(statement)
    this.#instructions.push({ kind: 'statement', statement })
  }

  #moveTransaction(role: 'begin' | 'commit' | 'rollback', at: number): void {
    const { transactionAt } = this.#known
    if (role === 'begin' && transactionAt !== null) throw new ScriptError(at, 'a transaction is open here already')
    if (role !== 'begin' && transactionAt === null)
      throw new ScriptError(at, 'no transaction is open that could end here')
    this.#known = { ...this.#known, transactionAt: role === 'begin' ? at : null }
  }

  #addCommand(command: ScriptCommand): void {
    const { at } = command
    switch (command.kind) {
      case 'set': {
        const evaluate = this.#compile(command)
        const slot = this.#slotOf(command.name)
        if (slot >= mostVariables) throw new ScriptError(at, `a script has at most ${mostVariables} variables`)
        this.#known.variables.add(command.name)
        this.#instructions.push({ kind: 'set', slot, evaluate, at: command.from })
        return
      }
      case 'sleep':
        this.#instructions.push({ kind: 'sleep', ms: this.#compileSleep(command.length), at })
        return
      case 'gset':
      case 'aset':
        return this.#takeRows(command)
      case 'if':
        return this.#openIf(at, this.#compile(command), command.from)
      case 'elif':
        this.#beginBranch(at, '\\elif')
        return this.#jumpUnless(this.#compile(command), command.from)
      case 'else':
        this.#beginBranch(at, '\\else').hasElse = true
        return
      case 'endif':
        return this.#endIf(at)
    }
  }

  #compile({ from, to }: { readonly from: number; readonly to: number }): Evaluate {
    return compileExpression(this.#text, from, to, (name, at) => this.#find(name, at, false), this.#ifs.length === 0)
  }

  #compileSleep(length: SleepLength): (frame: Parameters<Evaluate>[0]) => number {
    if ('us' in length) return () => length.us / 1000
    const slot = this.#find(length.variable, length.at, false)
    return ({ values }) => sleepMs(Number(asInteger(asOperand(values[slot] ?? null))), length.unitUs)
  }

  #takeRows({ kind, prefix, at }: RowsTaken): void {
    const last = this.#instructions.at(-1)
    const statement = last?.kind === 'statement' ? last.statement : null
    if (statement === null || statement.rows !== null || statement.role !== 'plain') {
      throw new ScriptError(at - 1, `\\${kind} stands behind the statement whose row it takes`)
    }
    const withRows = { ...statement, rows: { kind, prefix, at } }
    this.#instructions[this.#instructions.length - 1] = { kind: 'statement', statement: withRows }
    this.#statements[this.#statements.length - 1] = withRows
    this.#known = { ...this.#known, prefixes: [...this.#known.prefixes, prefix] }
  }

  #openIf(at: number, test: Evaluate, from: number): void {
    if (this.#ifs.length >= mostIfs) throw new ScriptError(at - 1, `\\if is nested more than ${mostIfs} deep`)
    const before = { ...this.#known, variables: new Set(this.#known.variables) }
    this.#ifs.push({ at, before, ends: [], jumps: [], next: null, hasElse: false })
    this.#jumpUnless(test, from)
  }

  #jumpUnless(test: Evaluate, at: number): void {
    const jump = { kind: 'jumpUnless' as const, test, to: -1, at }
    this.#instructions.push(jump)
    this.#ifs.at(-1)!.next = jump
  }

  /** Ends a branch; the next one begins with what was known before the first. */
  #beginBranch(at: number, name: string): OpenIf {
    const open = this.#ifs.at(-1)
    if (open === undefined) throw new ScriptError(at - 1, `${name} has no \\if before it`)
    if (open.hasElse) throw new ScriptError(at - 1, `${name} stands behind \\else`)
    const jump = { kind: 'jump' as const, to: -1 }
    this.#instructions.push(jump)
    open.jumps.push(jump)
    this.#land(open)
    open.ends.push(this.#known)
    this.#known = { ...open.before, variables: new Set(open.before.variables) }
    return open
  }

  #land(open: OpenIf): void {
    if (open.next !== null) open.next.to = this.#instructions.length
    open.next = null
  }

  #endIf(at: number): void {
    const open = this.#ifs.pop()
    if (open === undefined) throw new ScriptError(at - 1, '\\endif has no \\if before it')
    this.#land(open)
    for (const jump of open.jumps) jump.to = this.#instructions.length
    const ends = [...open.ends, this.#known, ...(open.hasElse ? [] : [open.before])]
    this.#known = ends.reduce((all, one) => join(all, one, at))
  }

  #slotOf(name: string): number {
    const found = this.#slots.get(name)
    if (found !== undefined) return found
    this.#slots.set(name, this.#slots.size)
    return this.#slots.size - 1
  }

  /** The slot of a variable that has a value at this place, or may have one out of a row. Throws ScriptError. */
  #find(name: string, at: number, inSql: boolean): number {
    const { variables, prefixes } = this.#known
    const isThere = variables.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
    if (!isThere) throw new ScriptError(at, this.#whyUnknown(name, inSql))
    return this.#slotOf(name)
  }

  #whyUnknown(name: string, inSql: boolean): string {
    if (this.#slots.has(name))
      return `:${name} has no value on every way to this place; \\set it on each, or before \\if`
    const nearest = meantName(name, [...this.#known.variables])
    const meant = nearest === null ? '' : ` (did you mean :${nearest}?)`
    const other = inSql ? ', or put a blank behind the colon where no variable is meant' : ''
    return `there is no variable :${name}${meant}; \\set it before${other}`
  }
}

/** Facts that hold behind two ways. Throws ScriptError where a transaction is open on one of them alone. */
function join(one: Known, other: Known, at: number): Known {
  if ((one.transactionAt === null) !== (other.transactionAt === null)) {
    throw new ScriptError(at - 1, 'a transaction is open at this \\endif on some ways and not on others')
  }
  return {
    variables: new Set([...one.variables].filter((name) => other.variables.has(name))),
    prefixes: [...new Set([...one.prefixes, ...other.prefixes])],
    transactionAt: one.transactionAt,
  }
}
