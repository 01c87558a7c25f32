import { ScriptError } from './script-error.ts'

/** The SQL that a script is written in, as far as it has to be read to find its statements and variables. */
export type ScriptDialect = 'postgres' | 'mysql' | 'sqlite'

/** A `:name` in a statement; places count from the script's start. */
export interface VariableUse {
  readonly name: string
  readonly at: number
  readonly end: number
}

/** A word, a quoted name or a sign of a statement, outside of brackets. */
export interface SqlWord {
  readonly text: string
  readonly quoted: boolean
}

/** A statement as it stands in the script, without the semicolon behind it. */
export interface ScannedStatement {
  readonly kind: 'statement'
  readonly at: number
  readonly end: number
  readonly uses: readonly VariableUse[]
  /** Its first words. */
  readonly words: readonly SqlWord[]
}

/** A line that begins with a backslash, without it; a backslash at its end has continued it. */
export interface ScannedCommand {
  readonly kind: 'command'
  readonly at: number
  readonly end: number
}

const mostWords = 500

/** A statement whose end has not been reached. */
interface OpenStatement {
  readonly at: number
  /** End of its last part that is no blank and no comment. */
  end: number
  readonly uses: VariableUse[]
  readonly words: SqlWord[]
  readonly brackets: number[]
}

/** Cuts a script into statements and commands. Throws ScriptError. */
export function scanScript(text: string, dialect: ScriptDialect): readonly (ScannedStatement | ScannedCommand)[] {
  const found: (ScannedStatement | ScannedCommand)[] = []
  let open: OpenStatement | null = null
  const close = (): void => {
    if (open === null) return
    const [bracket] = open.brackets.slice(-1)
    if (bracket !== undefined) throw new ScriptError(bracket, 'the bracket that opens here is never closed')
    const { at, end, uses, words } = open
    found.push({ kind: 'statement', at, end, uses, words })
    open = null
  }
  let at = text.startsWith('\ufeff') ? 1 : 0
  while (at < text.length) {
    const skipped = skipBlank(text, at, dialect)
    if (skipped > at) {
      at = skipped
    } else if (text[at] === '\\') {
      close()
      const end = endOfCommand(text, at)
      found.push({ kind: 'command', at: at + 1, end })
      at = end
    } else if (text[at] === ';' && (open === null || open.brackets.length === 0)) {
      close()
      at++
    } else {
      open ??= { at, end: at, uses: [], words: [], brackets: [] }
      at = readPart(text, at, dialect, open)
      open.end = at
    }
  }
  close()
  return found
}

/** The end of blanks and of a comment, if one is there. Comments that are hints or commands for the server are parts of statements. */
function skipBlank(text: string, at: number, dialect: ScriptDialect): number {
  const character = text[at] as string
  if (isBlank(character)) return at + 1
  if (character === '-' && text[at + 1] === '-' && (dialect !== 'mysql' || isLineComment(text, at + 2)))
    return endOfLine(text, at)
  if (character === '#' && dialect === 'mysql') return endOfLine(text, at)
  if (character !== '/' || text[at + 1] !== '*') return at
  const end = endOfComment(text, at, dialect)
  const isForServer = text[at + 2] === '+' || text[at + 2] === '!' || (text[at + 2] === 'M' && text[at + 3] === '!')
  return isForServer ? at : end
}

const isBlank = (character: string): boolean => /\s/.test(character)

/** In MySQL, two dashes begin a comment only where a blank is behind them: 5--1 is 6. */
const isLineComment = (text: string, at: number): boolean => at >= text.length || isBlank(text[at] as string)

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

function endOfComment(text: string, at: number, dialect: ScriptDialect): number {
  let depth = 0
  let place = at
  while (place < text.length) {
    const two = text.slice(place, place + 2)
    if (two === '*/') {
      place += 2
      if (--depth === 0) return place
    } else if (two === '/*' && (depth === 0 || dialect === 'postgres')) {
      depth++
      place += 2
    } else {
      place++
    }
  }
  throw new ScriptError(at, 'the comment that begins here has no end')
}

/** A line's end, but for those before which a backslash stands. */
function endOfCommand(text: string, at: number): number {
  let end = endOfLine(text, at)
  while (end < text.length && (text[end - 1] === '\\' || text.slice(end - 2, end) === '\\\r') && end - 1 > at) {
    end = endOfLine(text, end + 1)
  }
  return end
}

/** Reads a part of a statement that is no blank and no comment: a quoted text, a word, a variable or a sign. Returns its end. */
function readPart(text: string, at: number, dialect: ScriptDialect, open: OpenStatement): number {
  const character = text[at] as string
  if (character === '/' && text[at + 1] === '*') return endOfComment(text, at, dialect)
  const quotedEnd = endOfQuoted(text, at, dialect)
  if (quotedEnd !== null) {
    if (isNameQuote(character, dialect)) note(open, text.slice(at + 1, quotedEnd - 1), true)
    return quotedEnd
  }
  if (isWordStart(character)) return readWord(text, at, open, dialect)
  if (character === ':') return readColons(text, at, open)
  requireNoPlaceholder(text, at, dialect)
  note(open, character, false)
  if (character === '(') open.brackets.push(at)
  else if (character === ')') open.brackets.pop()
  return at + 1
}

function note({ words, brackets }: OpenStatement, word: string, quoted: boolean): void {
  if (brackets.length === 0 && words.length < mostWords) words.push({ text: word, quoted })
}

/** Letters and what the engines take for such: everything beyond ASCII. */
const isWordStart = (character: string): boolean => /[A-Za-z0-9_\u0080-\uffff]/.test(character)
const isWordPart = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9_$\u0080-\uffff]/.test(character)

function readWord(text: string, at: number, open: OpenStatement, dialect: ScriptDialect): number {
  let end = at + 1
  while (isWordPart(text[end])) end++
  const word = text.slice(at, end)
  // E'...' has escapes by backslashes, also where texts have none.
  if (dialect === 'postgres' && text[end] === "'" && word.toLowerCase() === 'e') return endOfEscaped(text, end, "'")
  note(open, word, false)
  return end
}

/** `:name`; several colons, as those of a cast, begin no variable. */
function readColons(text: string, at: number, open: OpenStatement): number {
  let end = at + 1
  while (text[end] === ':') end++
  const isSingle = end === at + 1
  if (!isSingle || !/[A-Za-z_\u0080-\uffff]/.test(text[end] ?? '')) return end
  while (/[A-Za-z0-9_\u0080-\uffff]/.test(text[end] ?? '')) end++
  open.uses.push({ name: text.slice(at + 1, end), at, end })
  return end
}

const isNameQuote = (character: string, dialect: ScriptDialect): boolean =>
  character === '`' || character === '[' || (character === '"' && dialect !== 'mysql')

/** The end of a quoted text or name that begins here; null where none does. */
function endOfQuoted(text: string, at: number, dialect: ScriptDialect): number | null {
  const character = text[at] as string
  if (character === "'" || character === '"') {
    return dialect === 'mysql' ? endOfEscaped(text, at, character) : endOfDoubled(text, at, character)
  }
  if (character === '`' && dialect !== 'postgres') return endOfDoubled(text, at, character)
  if (character === '[' && dialect === 'sqlite') return endBehind(text, at, ']')
  return character === '$' && dialect === 'postgres' ? endOfDollarQuoted(text, at) : null
}

function endBehind(text: string, at: number, closing: string): number {
  const end = text.indexOf(closing, at + closing.length)
  if (end < 0) throw neverClosed(at)
  return end + closing.length
}

const neverClosed = (at: number): ScriptError => new ScriptError(at, 'the quote that opens here is never closed')

/** A quote within the text is written twice. */
function endOfDoubled(text: string, at: number, quote: string): number {
  let end = endBehind(text, at, quote)
  while (text[end] === quote) {
    const next = text.indexOf(quote, end + 1)
    if (next < 0) throw neverClosed(at)
    end = next + 1
  }
  return end
}

/** A quote within the text is written twice, or behind a backslash. */
function endOfEscaped(text: string, at: number, quote: string): number {
  let end = at + 1
  for (; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === quote && text[end + 1] === quote) end++
    else if (text[end] === quote) return end + 1
  }
  throw neverClosed(at)
}

/** `$$...$$` or `$tag$...$tag$`. */
function endOfDollarQuoted(text: string, at: number): number | null {
  let end = at + 1
  if (/[A-Za-z_\u0080-\uffff]/.test(text[end] ?? '')) while (/[A-Za-z0-9_\u0080-\uffff]/.test(text[end] ?? '')) end++
  if (text[end] !== '$') return null
  const tag = text.slice(at, end + 1)
  return endBehind(text, at, tag)
}

/** Refuses signs that the engine would take for parameters, beside those that stand for variables. */
function requireNoPlaceholder(text: string, at: number, dialect: ScriptDialect): void {
  const [character, next = ''] = [text[at], text[at + 1]]
  const isPlaceholder =
    dialect === 'postgres'
      ? character === '$' && /\d/.test(next)
      : character === '?' || (dialect === 'sqlite' && (character === '@' || character === '$') && isWordPart(next))
  if (isPlaceholder) {
    throw new ScriptError(
      at,
      'nothing fills that placeholder; write a variable with a colon, such as :id, and \\set it',
    )
  }
}
