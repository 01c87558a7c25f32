const newline = '\r\n'

/** A command with its words (https://redis.io/docs/latest/develop/reference/protocol-spec). */
export function encodeCommand(words: readonly (string | number)[]): Buffer {
  let text = `*${words.length}${newline}`
  for (const word of words) {
    const written = String(word)
    text += `$${Buffer.byteLength(written)}${newline}${written}${newline}`
  }
  return Buffer.from(text)
}

/** A reply that is an error: `WRONGTYPE Operation against ...`. */
export class ErrorReply {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

const [carriageReturn, lineFeed] = [0x0d, 0x0a]
const [plus, minus, colon, dollar, asterisk] = [0x2b, 0x2d, 0x3a, 0x24, 0x2a]
/** Lists in lists. */
const deepest = 100

/** Reads replies: texts, numbers, null, lists of them, and errors. */
export class ReplyReader {
  /** Where the next reply begins, after one was read. */
  next = 0

  /** Undefined where the reply is not whole. Throws for what is no reply. */
  read(bytes: Buffer, start: number, end: number, depth = 0): unknown {
    const lineEnd = bytes.indexOf(lineFeed, start)
    if (lineEnd === -1 || lineEnd >= end) return undefined
    const textEnd = bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd
    this.next = lineEnd + 1
    switch (bytes[start]) {
      case plus:
        return bytes.toString('utf8', start + 1, textEnd)
      case minus:
        return new ErrorReply(bytes.toString('utf8', start + 1, textEnd))
      case colon:
        return readInteger(bytes.toString('latin1', start + 1, textEnd))
      case dollar:
        return this.#readText(bytes, Number(bytes.toString('latin1', start + 1, textEnd)), end)
      case asterisk:
        return this.#readList(bytes, Number(bytes.toString('latin1', start + 1, textEnd)), end, depth)
      default:
        throw new Error('the server does not speak the protocol of Redis')
    }
  }

  #readText(bytes: Buffer, length: number, end: number): string | null | undefined {
    if (length < 0) return null
    const start = this.next
    if (start + length + 2 > end) return undefined
    this.next = start + length + 2
    return bytes.toString('utf8', start, start + length)
  }

  #readList(bytes: Buffer, count: number, end: number, depth: number): unknown[] | null | undefined {
    if (count < 0) return null
    if (depth >= deepest) throw new Error('the server nests its lists too deeply')
    const list: unknown[] = []
    for (let index = 0; index < count; index++) {
      const item = this.read(bytes, this.next, end, depth + 1)
      if (item === undefined) return undefined
      list.push(item)
    }
    return list
  }
}

/** Beyond 2^53 - 1 the text that it is. */
function readInteger(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}
