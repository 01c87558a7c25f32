import { createRandom } from '../../base/random.ts'
import { tokensOf, type Token } from './expression-tokens.ts'
import { compileBinary, findFunction, functionNames, seededFunctions, type Evaluate, type Frame } from './functions.ts'
import { binaries, onBits, strengths } from './operators.ts'
import { meantName, ScriptError, ValueError } from './script-error.ts'
import { add, asBoolean, asOperand, Double, isSame, isTrue, subtract, toInteger, type Operand } from './values.ts'

/** Where the values of variables are kept. Throws ScriptError for one that has none at this place of the script. */
export type FindSlot = (name: string, at: number) => number

/** A part of an expression. */
interface Term {
  readonly evaluate: Evaluate
  /** Neither variables nor chance are in it. */
  readonly constant: boolean
  /** A comparison without brackets, behind which no other may stand. */
  readonly comparison?: boolean
}

/** Brackets, calls and conditions within each other. */
const mostNested = 100

const beyondMost = '9223372036854775808'

/**
 * Compiles the expression that stands from `from` to `to` of a script; pgbench's grammar. With `certain`, what goes wrong
 * with constants alone is an error now. Throws ScriptError with the place.
 */
export function compileExpression(
  script: string,
  from: number,
  to: number,
  findSlot: FindSlot,
  certain: boolean,
): Evaluate {
  const parser = new ExpressionParser(tokensOf(script, from, to), findSlot, certain)
  return parser.whole()
}

class ExpressionParser {
  readonly #tokens: readonly Token[]
  readonly #findSlot: FindSlot
  #at = 0
  #nested = 0
  /** Above 0 where it may never be evaluated. */
  #optional: number

  constructor(tokens: readonly Token[], findSlot: FindSlot, certain: boolean) {
    this.#tokens = tokens
    this.#findSlot = findSlot
    this.#optional = certain ? 0 : 1
  }

  whole(): Evaluate {
    if (this.#next().kind === 'end') throw new ScriptError(this.#next().at, 'an expression is missing')
    const { evaluate } = this.#expression(0)
    if (this.#next().kind !== 'end') throw this.#unexpected('the end of the line, or an operator')
    return evaluate
  }

  #next(): Token {
    return this.#tokens[this.#at] as Token
  }

  #take(): Token {
    const token = this.#next()
    if (token.kind !== 'end') this.#at++
    return token
  }

  #takeIf(kind: Token['kind']): boolean {
    if (this.#next().kind !== kind) return false
    this.#at++
    return true
  }

  #expect(kind: Token['kind'], words: string): void {
    if (!this.#takeIf(kind)) throw this.#unexpected(words)
  }

  #unexpected(expected: string): ScriptError {
    const { kind, text, at } = this.#next()
    return new ScriptError(
      at,
      kind === 'end' ? `the line ends where it needs ${expected}` : `${text} stands where it needs ${expected}`,
    )
  }

  /** Reads on while operators bind more tightly than `above`. */
  #expression(above: number): Term {
    if (++this.#nested > mostNested) throw new ScriptError(this.#next().at, `it is nested more than ${mostNested} deep`)
    let term = this.#operand()
    for (;;) {
      const extended = this.#extend(term, above)
      if (extended === null) break
      term = extended
    }
    this.#nested--
    return term
  }

  /** A term with the operator behind it; null where there is none, or it binds less tightly. */
  #extend(left: Term, above: number): Term | null {
    const { kind, at } = this.#next()
    if (kind === 'or_word' || kind === 'and_word') return this.#logical(left, above, kind)
    if (kind === 'is_word' || kind === 'isnull_word' || kind === 'notnull_word') return this.#is(left, above)
    const [strength, work] = binaries.get(kind) ?? [-1, add]
    if (strength <= above) return null
    const comparison = strength === strengths.comparison
    if (comparison && left.comparison === true)
      throw new ScriptError(at, 'comparisons cannot be chained; use brackets or AND')
    this.#take()
    const right = this.#expression(strength)
    const term = this.#fold([left, right], at, true, (args) => compileBinary(args, work))
    return comparison ? { ...term, comparison } : term
  }

  /** AND and OR: the right side is evaluated only where the left has not decided. */
  #logical(left: Term, above: number, kind: 'or_word' | 'and_word'): Term | null {
    const decisive = kind === 'or_word'
    const strength = decisive ? strengths.or : strengths.and
    if (strength <= above) return null
    const { at } = this.#take()
    const right = this.#optionally(() => this.#expression(strength))
    return this.#fold([left, right], at, true, ([first, second]) => {
      const [one, other] = [first as Evaluate, second as Evaluate]
      return (frame) => {
        const decided = one(frame)
        if (decided === null) return null
        if (asBoolean(decided) === decisive) return decisive
        const rest = other(frame)
        return rest === null ? null : asBoolean(rest)
      }
    })
  }

  #is(left: Term, above: number): Term | null {
    if (strengths.is <= above) return null
    const { kind, at } = this.#take()
    const negated = kind === 'notnull_word' || (kind === 'is_word' && this.#takeIf('not_word'))
    const value = kind === 'is_word' ? this.#nullOrBoolean() : null
    return this.#fold([left], at, true, ([first]) => {
      const of = first as Evaluate
      return (frame) => isSame(of(frame), value) !== negated
    })
  }

  #nullOrBoolean(): Operand {
    if (this.#takeIf('null_word')) return null
    if (this.#takeIf('true_word')) return true
    if (this.#takeIf('false_word')) return false
    throw this.#unexpected('NULL, TRUE or FALSE')
  }

  #operand(): Term {
    const { kind, text, at } = this.#next()
    switch (kind) {
      case 'integer':
        this.#take()
        if (BigInt(text) >= BigInt(beyondMost)) throw new ScriptError(at, `${text} is more than 64 bits hold`)
        return constant(toInteger(BigInt(text), ''))
      case 'double':
        this.#take()
        return constant(new Double(doubleOf(text, at)))
      case 'null_word':
      case 'true_word':
      case 'false_word':
        return constant(this.#nullOrBoolean())
      case 'variable':
        this.#take()
        return readVariable(this.#findSlot(text.slice(1), at), text)
      case 'function':
        return this.#call()
      case 'case_word':
        return this.#case()
      case '(':
        return this.#brackets()
      default:
        return this.#prefixed()
    }
  }

  #brackets(): Term {
    this.#take()
    const { evaluate, constant: isConstant } = this.#expression(0)
    this.#expect(')', 'a closing bracket')
    return { evaluate, constant: isConstant }
  }

  #prefixed(): Term {
    const { kind, at } = this.#next()
    if (kind === '+') return (this.#take(), this.#expression(strengths.sign))
    if (kind === '-') return this.#negative()
    if (kind === '~') {
      this.#take()
      const inverted = this.#expression(strengths.bits)
      const work = onBits((a, b) => a ^ b)
      return this.#fold([constant(-1), inverted], at, true, (args) => compileBinary(args, work))
    }
    if (kind !== 'not_word') throw this.#unexpected('a number, a variable, a function or an opening bracket')
    this.#take()
    const negated = this.#expression(strengths.not)
    return this.#fold([constant(true), negated], at, true, (args) => compileBinary(args, (_, b) => !asBoolean(b)))
  }

  #negative(): Term {
    const { at } = this.#take()
    const { kind, text } = this.#next()
    // The one number that is there below zero only.
    if (kind === 'integer' && text === beyondMost) return (this.#take(), constant(-(2n ** 63n)))
    const positive = this.#expression(strengths.sign)
    return this.#fold([constant(0), positive], at, true, (args) => compileBinary(args, subtract))
  }

  #call(): Term {
    const { text, at } = this.#take()
    const found = findFunction(text)
    if (this.#next().kind !== '(') throw new ScriptError(at, whyNoOperand(text, found !== undefined))
    if (found === undefined) throw new ScriptError(at, whyNoFunction(text))
    this.#take()
    const args: Term[] = []
    if (!this.#takeIf(')')) {
      do args.push(this.#expression(0))
      while (this.#takeIf(','))
      this.#expect(')', 'a comma or a closing bracket')
    }
    const name = text.toLowerCase()
    if (args.length + 1 === seededFunctions.get(name)) {
      args.push(readVariable(this.#findSlot('default_seed', at), ':default_seed'))
    }
    if (args.length < found.least || args.length > found.most) {
      throw new ScriptError(
        at,
        `${name} takes ${countOf(found.least, found.most, seededFunctions.has(name))}, not ${args.length}`,
      )
    }
    return this.#fold(args, at, found.pure, found.compile)
  }

  #case(): Term {
    const { at } = this.#take()
    const branches: { readonly when: Term; readonly result: Term }[] = []
    while (this.#takeIf('when_word')) {
      const when = branches.length === 0 ? this.#expression(0) : this.#optionally(() => this.#expression(0))
      this.#expect('then_word', 'THEN')
      branches.push({ when, result: this.#optionally(() => this.#expression(0)) })
    }
    if (branches.length === 0) throw this.#unexpected('WHEN')
    const otherwise = this.#takeIf('else_word') ? this.#optionally(() => this.#expression(0)) : constant(null)
    this.#expect('end_word', branches.length > 0 ? 'WHEN, ELSE or END' : 'WHEN')
    const terms = [...branches.flatMap(({ when, result }) => [when, result]), otherwise]
    return this.#fold(terms, at, true, () => (frame) => {
      const found = branches.find(({ when }) => isTrue(when.evaluate(frame)))
      return (found?.result ?? otherwise).evaluate(frame)
    })
  }

  #optionally(read: () => Term): Term {
    this.#optional++
    const term = read()
    this.#optional--
    return term
  }

  /** Compiles a term of others, and evaluates it now where it can. */
  #fold(parts: readonly Term[], at: number, pure: boolean, compile: (args: readonly Evaluate[]) => Evaluate): Term {
    const evaluate = compile(parts.map((part) => part.evaluate))
    if (!parts.every((part) => part.constant)) return { evaluate, constant: false }
    try {
      const value = evaluate(unusedFrame)
      return pure ? constant(value) : { evaluate, constant: false }
    } catch (error) {
      if (this.#optional > 0 || !(error instanceof ValueError)) return { evaluate, constant: false }
      throw new ScriptError(at, error.message)
    }
  }
}

/** Evaluates what has no variables; chance is tried once, so that wrong limits are found. */
const unusedFrame: Frame = { values: [], random: createRandom('limits') }

function constant(value: Operand): Term {
  return { evaluate: () => value, constant: true }
}

function doubleOf(text: string, at: number): number {
  const value = Number(text)
  const isZero = /^[0.]*(?:[eE]|$)/.test(text)
  if (Number.isFinite(value) && (value !== 0 || isZero)) return value
  throw new ScriptError(at, `${text} is no number that a double holds`)
}

function readVariable(slot: number, text: string): Term {
  const evaluate: Evaluate = ({ values }) => {
    const value = values[slot]
    if (typeof value === 'number') return value
    if (value === undefined) throw new ValueError(`${text} has no value here`)
    return asOperand(value)
  }
  return { evaluate, constant: false }
}

function whyNoOperand(word: string, isFunction: boolean): string {
  if (isFunction) return `the function ${word} needs its arguments in brackets`
  return `${word} is no number; a variable is written with a colon, :${word}`
}

function whyNoFunction(name: string): string {
  if (name.toLowerCase() === 'debug')
    return 'debug(...) would print in every iteration; leave it out, or try the script with pgbench'
  const nearest = meantName(name.toLowerCase(), functionNames)
  const meant = nearest === null ? '' : `, but there is ${nearest}`
  return `there is no function ${name}${meant}; known are ${functionNames.join(', ')}`
}

function countOf(least: number, most: number, seeded: boolean): string {
  if (least === 0 && most === 0) return 'no arguments'
  const from = seeded ? least - 1 : least
  if (from === most) return most === 1 ? 'one argument' : `${most} arguments`
  return most - from === 1 ? `${from} or ${most} arguments` : `${from} to ${most} arguments`
}
