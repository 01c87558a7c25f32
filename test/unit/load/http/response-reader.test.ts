import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxKeptBytes } from '../../../../src/lib/load/http/kept-body.ts'
import {
  createResponseReader,
  isFinished,
  leavesConnectionOpen,
  readBytes,
  readClose,
  startAnswer,
  takeBody,
  type ResponseReader,
} from '../../../../src/lib/load/http/response-reader.ts'
import { badAnswers, goodAnswers } from '../../../http-answers.ts'

/** What the pieces of an answer come to, up to the one that ends it. */
function read(pieces: readonly Buffer[], answersHead = false, keepsBody = true): ResponseReader {
  const reader = createResponseReader()
  startAnswer(reader, answersHead, keepsBody)
  // Every read goes into the same buffer, as it does on a socket.
  const shared = Buffer.alloc(Math.max(0, ...pieces.map(({ length }) => length)))
  for (const piece of pieces) {
    if (isFinished(reader)) break
    shared.fill('!')
    piece.copy(shared)
    readBytes(reader, shared, piece.length)
  }
  return reader
}

function seen(reader: ResponseReader) {
  return {
    status: reader.head.status,
    body: takeBody(reader).toString('latin1'),
    bytes: reader.bytes,
    keepsOpen: leavesConnectionOpen(reader),
    flaw: reader.flaw,
  }
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')
const singly = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
const splitAt = (bytes: Buffer, at: number): Buffer[] => [bytes.subarray(0, at), bytes.subarray(at)]

/** Cuts at the given shares of the length. */
function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const ends = shares.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b)
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })

/** Reads one answer after the other, as on one connection, each in the given pieces. */
function readAll(answers: readonly (readonly Buffer[])[], answersHead: boolean) {
  const reader = createResponseReader()
  return answers.map((pieces) => {
    startAnswer(reader, answersHead, true)
    for (const piece of pieces) if (!isFinished(reader)) readBytes(reader, Buffer.from(piece), piece.length)
    readClose(reader)
    return { ...seen(reader), isFinished: isFinished(reader) }
  })
}

describe('an answer is read alike whatever was read before it', () => {
  const texts = [...goodAnswers.map(({ text }) => text), ...badAnswers.map(({ text }) => text)]
  const anyAnswer = fc.record({ text: fc.constantFrom(...texts), shares: cuts })
  // A few texts, so that most are read more than once, and some differ from the one before in a byte.
  const few = fc.array(anyAnswer, { minLength: 1, maxLength: 3 })

  it.each([false, true])('to a HEAD request: %s', (answersHead) => {
    fc.assert(
      fc.property(few, fc.array(fc.nat(2), { maxLength: 8 }), fc.nat(), (answers, order, at) => {
        const pieces = order.map((index) => {
          const { text, shares } = answers[index % answers.length]!
          return { bytes: bytesOf(text), shares }
        })
        const changed = pieces.map(({ bytes, shares }, index) => {
          const copy = Buffer.from(bytes)
          if (index % 3 === 2) copy[at % copy.length] = 0x20 + (at % 0x5f)
          return index % 2 === 0 ? [copy] : cut(copy, shares)
        })
        const together = readAll(changed, answersHead)
        expect(together).toEqual(changed.map((answer) => readAll([answer], answersHead)[0]))
      }),
      { numRuns: 400 },
    )
  })
})

describe('a good answer is read alike however it is cut up:', () => {
  it.each(goodAnswers)('$name', ({ method, text, status, body, keepsOpen, endsWithConnection }) => {
    const bytes = bytesOf(text)
    const expected = { status, body, bytes: body.length, keepsOpen, flaw: null }
    const ways = [[bytes], singly(bytes), ...Array.from(bytes, (_, at) => splitAt(bytes, at))]
    for (const pieces of ways) {
      const reader = read(pieces, method === 'HEAD')
      if (endsWithConnection) {
        expect(isFinished(reader)).toBe(false)
        readClose(reader)
      }
      expect(reader.phase).toBe('whole')
      expect(seen(reader)).toEqual(expected)
    }
  })

  it.each(goodAnswers)('$name: no less than the whole will do', ({ method, text, endsWithConnection }) => {
    const bytes = bytesOf(text)
    const head = text.lastIndexOf('\r\n\r\n') + 4
    for (let end = 0; end < (endsWithConnection ? head : bytes.length); end++) {
      const reader = read([bytes.subarray(0, end)], method === 'HEAD')
      readClose(reader)
      expect(isFinished(reader)).toBe(false)
    }
  })
})

it('a reader that is started again knows nothing of the answer before', () => {
  const answers = [...goodAnswers, ...badAnswers].map(({ text }) => bytesOf(text))
  const reader = createResponseReader()
  for (const before of answers) {
    for (const { method, text, status, body, keepsOpen } of goodAnswers) {
      startAnswer(reader, false, true)
      readBytes(reader, before, before.length - 1)
      startAnswer(reader, method === 'HEAD', true)
      readBytes(reader, bytesOf(text), text.length)
      expect(seen(reader)).toEqual({ status, body, bytes: body.length, keepsOpen, flaw: null })
    }
  }
})

it('a trailer comes too late to say anything of the connection', () => {
  const text = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nconnection: close\r\n\r\n'
  expect(seen(read([bytesOf(text)]))).toMatchObject({ body: 'ok', keepsOpen: true, flaw: null })
})

describe('a bad answer is refused however it is cut up:', () => {
  it.each(badAnswers)('$name', ({ text, flaw }) => {
    const bytes = bytesOf(text)
    for (const pieces of [[bytes], singly(bytes), ...Array.from(bytes, (_, at) => splitAt(bytes, at))]) {
      expect(seen(read(pieces))).toMatchObject({ body: '', flaw })
    }
  })

  it('one that goes on after its end', () => {
    for (const { text, method, endsWithConnection } of goodAnswers) {
      if (endsWithConnection) continue
      const reader = read([bytesOf(`${text}x`)], method === 'HEAD')
      expect(reader.flaw).toBe('bytes after its end')
    }
  })
})

describe('limits', () => {
  const lines = (count: number, length: number): string =>
    Array.from({ length: count }, () => `x: ${'y'.repeat(length - 3)}\r\n`).join('')
  const endless = (text: string) => read(Array.from({ length: 100 }, () => bytesOf(text.repeat(1000))))

  it('are 8 kB for a line', () => {
    const answer = (length: number) => bytesOf(`HTTP/1.1 204 OK\r\n${lines(1, length)}\r\n`)
    for (const pieces of [(bytes: Buffer) => [bytes], singly]) {
      expect(read(pieces(answer(8192))).flaw).toBeNull()
      expect(read(pieces(answer(8193))).flaw).toBe('a line too long')
    }
  })

  it('are 16 kB for all lines of a head', () => {
    expect(read([bytesOf(`HTTP/1.1 204 OK\r\n${lines(10, 1600)}\r\n`)]).flaw).toBeNull()
    expect(read([bytesOf(`HTTP/1.1 204 OK\r\n${lines(11, 1600)}\r\n`)]).flaw).toBe('a head too long')
  })

  it.each([
    ['heads that announce another', 'HTTP/1.1 100 Continue\r\n\r\n', 'a head too long'],
    ['a line', 'HTTP/1.1 200 ', 'a line too long'],
  ])('hold for %s without end', (_what, text, flaw) => {
    expect(endless(text).flaw).toBe(flaw)
  })

  it('hold for a trailer without end', () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n'
    expect(read([bytesOf(head), bytesOf(lines(20, 1000))]).flaw).toBe('a head too long')
  })

  it('let a body of any length pass that is not kept, and refuse to keep too much', () => {
    const head = bytesOf('HTTP/1.1 200 OK\r\n\r\n')
    const piece = Buffer.alloc(maxKeptBytes / 4)
    const pieces = [head, ...Array.from({ length: 5 }, () => piece)]
    expect(seen(read(pieces, false, false))).toMatchObject({ bytes: 5 * piece.length, body: '', flaw: null })
    expect(seen(read(pieces, false, true))).toMatchObject({ body: '', flaw: 'a body too large to keep' })
  })

  it('are none for a body that grows while it comes', () => {
    const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => at % 251))
    const bytes = Buffer.concat([bytesOf('HTTP/1.1 200 OK\r\n\r\n'), content])
    expect(takeBody(read(cut(bytes, [0.01, 0.1, 0.3, 0.9]))).equals(content)).toBe(true)
  })

  it('do not believe a length before its bytes come', () => {
    const reader = read([bytesOf('HTTP/1.1 200 OK\r\ncontent-length: 999999999999999\r\n\r\nsome')])
    expect([reader.phase, reader.bytes]).toEqual(['body of known length', 4])
    expect(reader.body?.bytes?.length).toBeLessThanOrEqual(1024 * 1024)
  })
})

describe('any answer', () => {
  const body = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes))
  const fields = fc.array(
    fc.tuple(fc.stringMatching(/^x-[a-z0-9]{1,10}$/), fc.stringMatching(/^[!-~](?:[ -~]{0,20}[!-~])?$/)),
    { maxLength: 5 },
  )

  function chunked(bytes: Buffer, shares: readonly number[]): Buffer {
    const chunks = cut(bytes, shares).filter(({ length }) => length > 0)
    return Buffer.concat([
      ...chunks.flatMap((chunk) => [bytesOf(`${chunk.length.toString(16)}\r\n`), chunk, bytesOf('\r\n')]),
      bytesOf('0\r\n\r\n'),
    ])
  }

  const answers = fc
    .record({
      status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
      fields,
      body,
      chunks: fc.option(cuts),
    })
    .map(({ status, fields: pairs, body: content, chunks }) => {
      const frame = chunks === null ? `content-length: ${content.length}` : 'transfer-encoding: chunked'
      const extra = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const head = bytesOf(`HTTP/1.1 ${status} Fine\r\n${extra}${frame}\r\n\r\n`)
      const bytes = Buffer.concat([head, chunks === null ? content : chunked(content, chunks)])
      return { status, content, bytes }
    })

  it('is read as it was written, wherever it is cut', () => {
    fc.assert(
      fc.property(answers, cuts, ({ status, content, bytes }, shares) => {
        const reader = read(cut(bytes, shares))
        expect(reader.flaw).toBeNull()
        expect([reader.phase, reader.head.status, reader.bytes]).toEqual(['whole', status, content.length])
        expect(takeBody(reader).equals(content)).toBe(true)
      }),
    )
  })

  /** Bytes that look like HTTP here and there. */
  const nearlyHttp = fc
    .tuple(
      fc.oneof(
        answers.map(({ bytes }) => bytes),
        fc.constantFrom(...goodAnswers, ...badAnswers).map(({ text }) => bytesOf(text)),
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      ),
      fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...bytesOf('\r\n\0 :0')), fc.nat(255))), { maxLength: 3 }),
    )
    .map(([original, changes]) => {
      const bytes = Buffer.from(original)
      for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
      return bytes
    })

  it('that was damaged is read to the same end or refused, wherever it is cut', () => {
    fc.assert(
      fc.property(nearlyHttp, cuts, (bytes, shares) => {
        const whole = read([bytes])
        // Where it goes on after its end, only the read that brings both can tell.
        fc.pre(whole.flaw !== 'bytes after its end')
        const pieces = read(cut(bytes, shares))
        expect(pieces.flaw === null).toBe(whole.flaw === null)
        if (whole.flaw === null)
          expect({ ...seen(pieces), phase: pieces.phase }).toEqual({ ...seen(whole), phase: whole.phase })
      }),
      { numRuns: 1000 },
    )
  })
})
