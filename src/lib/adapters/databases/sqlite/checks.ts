import type { CheckShape } from '../../../ports/table-shape.ts'

/** Comments, texts, names in quotes, words and everything else, one after the other. */
const tokens =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]?|[\w$\u0080-\uffff]+|\s+|[\s\S]/g

interface Token {
  readonly text: string
  readonly at: number
}

/** The CHECK constraints in the text of a CREATE TABLE, which SQLite keeps as it was written. */
export function findChecks(sql: string): CheckShape[] {
  const words = Array.from(sql.matchAll(tokens), ({ 0: text, index: at }): Token => ({ text, at })).filter(
    ({ text }) => !/^(\s|--|\/\*)/.test(text),
  )
  return words.flatMap(({ text }, index) => {
    const opening = words[index + 1]
    if (text.toLowerCase() !== 'check' || opening?.text !== '(') return []
    const end = endOf(words, index + 1)
    const isNamed = words[index - 2]?.text.toLowerCase() === 'constraint'
    return [{ name: isNamed ? unquoted(words[index - 1]?.text ?? '') : '', condition: sql.slice(opening.at, end) }]
  })
}

/** Where the bracket closes that opens at `first`: the place behind it. */
function endOf(words: readonly Token[], first: number): number | undefined {
  let depth = 0
  for (const { text, at } of words.slice(first)) {
    if (text === '(') depth++
    if (text === ')' && --depth === 0) return at + 1
  }
  return undefined
}

function unquoted(name: string): string {
  return name.replace(/^(["`[])(.*)["`\]]$/s, '$2')
}
