import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createResponseReader,
  hasBegun,
  isFinished,
  readBytes,
  readClose,
  readStray,
  startResponse,
  takeBody,
  type ResponseReader,
} from '../../../../../src/lib/load/clients/http/response-reader.ts'
import { badResponses, goodResponses } from '../../../../support/http/http-responses.ts'
import { bytesOf, cut, cuts, read, seen, singly, splitAt } from '../../../../support/http/read-pieces.ts'

/** Reads one answer after the other, as on one connection, each in the given pieces. */
function readAll(answers: readonly (readonly Buffer[])[], isHead: boolean) {
  let reader = createResponseReader()
  return answers.map((pieces) => {
    // Behind half of an empty line comes the other half, or the connection ends.
    if (reader.strayBytes === 1) reader = createResponseReader()
    startResponse(reader, isHead, true)
    for (const piece of pieces) if (!isFinished(reader)) readBytes(reader, Buffer.from(piece), piece.length)
    readClose(reader)
    return { ...seen(reader), isFinished: isFinished(reader) }
  })
}

describe('an answer is read alike whatever was read before it', () => {
  // An empty line is let pass behind an answer, and only there.
  const texts = [...goodResponses, ...badResponses].map(({ text }) => text).filter((text) => !text.startsWith('\r'))
  const anyResponse = fc.record({ text: fc.constantFrom(...texts), shares: cuts })
  // A few texts, so that most are read more than once, and some differ from the one before in a byte.
  const few = fc.array(anyResponse, { minLength: 1, maxLength: 3 })

  it.each([false, true])('to a HEAD request: %s', (isHead) => {
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
        const together = readAll(changed, isHead)
        expect(together).toEqual(changed.map((answer) => readAll([answer], isHead)[0]))
      }),
      { numRuns: 400 },
    )
  })
})

describe('a good answer is read alike however it is cut up:', () => {
  it.each(goodResponses)('$name', ({ method, text, status, body, keepsOpen, endsWithConnection }) => {
    const bytes = bytesOf(text)
    const expected = { status, body, bytes: body.length, keepsOpen, parseError: null }
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

  it.each(goodResponses)('$name: no less than the whole will do', ({ method, text, endsWithConnection }) => {
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
  const answers = [...goodResponses, ...badResponses].map(({ text }) => bytesOf(text))
  const reader = createResponseReader()
  for (const before of answers) {
    for (const { method, text, status, body, keepsOpen } of goodResponses) {
      startResponse(reader, false, true)
      readBytes(reader, before, before.length - 1)
      startResponse(reader, method === 'HEAD', true)
      readBytes(reader, bytesOf(text), text.length)
      expect(seen(reader)).toEqual({ status, body, bytes: body.length, keepsOpen, parseError: null })
    }
  }
})

it('a trailer comes too late to say anything of the connection', () => {
  const text = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nconnection: close\r\n\r\n'
  expect(seen(read([bytesOf(text)]))).toMatchObject({ body: 'ok', keepsOpen: true, parseError: null })
})

describe('a bad answer is refused however it is cut up:', () => {
  it.each(badResponses)('$name', ({ text, parseError }) => {
    const bytes = bytesOf(text)
    for (const pieces of [[bytes], singly(bytes), ...Array.from(bytes, (_, at) => splitAt(bytes, at))]) {
      expect(seen(read(pieces))).toMatchObject({ body: '', parseError })
    }
  })

  it.each(['x', '\n', '\r\r', '\r\n\r\n', '\r\nx', ' \r\n', '\r\nHTTP/1.1 200 OK\r\n'])(
    'one that goes on after its end, with %j',
    (more) => {
      for (const { text, method, endsWithConnection } of goodResponses) {
        if (endsWithConnection) continue
        const reader = read([bytesOf(`${text}${more}`)], method === 'HEAD')
        expect(reader.parseError).toBe('bytes after its end')
      }
    },
  )
})

describe('a CRLF behind a body', () => {
  const answer = bytesOf('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  const expected = { status: 200, body: 'ok', bytes: 2, keepsOpen: true, parseError: null }

  /** Reads an answer, and the pieces `between` while none is due; null if these are refused. */
  function readResponseThen(behind: string, between: readonly string[]): ResponseReader | null {
    const reader = createResponseReader()
    startResponse(reader, false, true)
    const bytes = Buffer.concat([answer, bytesOf(behind)])
    readBytes(reader, bytes, bytes.length)
    expect(seen(reader)).toEqual(expected)
    return between.every((piece) => readStray(reader, bytesOf(piece), piece.length)) ? reader : null
  }

  /** What the next answer comes to, byte by byte or whole. */
  function next(reader: ResponseReader | null, before: string, pieces: (bytes: Buffer) => Buffer[]) {
    if (reader === null) return null
    startResponse(reader, false, true)
    const bytes = Buffer.concat([bytesOf(before), answer])
    for (const piece of pieces(bytes)) if (!isFinished(reader)) readBytes(reader, piece, piece.length)
    return seen(reader)
  }

  it.each([
    ['\r\n', [], ''],
    ['\r', ['\n'], ''],
    ['\r', [], '\n'],
    ['', ['\r\n'], ''],
    ['', ['\r', '\n'], ''],
    ['', ['\r'], '\n'],
    ['', [], '\r\n'],
  ])('is let pass once: %j at once, %j later, %j with the next', (behind, between, before) => {
    for (const pieces of [singly, (bytes: Buffer) => [bytes]])
      expect(next(readResponseThen(behind, between), before, pieces)).toEqual(expected)
  })

  it.each([
    ['\r\n', [], '\r\n', 'no status line'],
    ['', [], '\r\n\r\n', 'no status line'],
    ['\r', [], '', 'a bare carriage return'],
    ['', ['\r'], '\r\n', 'a bare carriage return'],
    ['', [], '\n', 'a bare line feed'],
  ])('is nothing else: %j at once, %j later, %j with the next', (behind, between, before, parseError) => {
    for (const pieces of [singly, (bytes: Buffer) => [bytes]])
      expect(next(readResponseThen(behind, between), before, pieces)).toMatchObject({ parseError })
  })

  it.each([
    ['\r\n', '\r\n'],
    ['\r', '\r'],
    ['', '\n'],
    ['', 'HTTP/1.1 408 Request Timeout\r\n\r\n'],
  ])('is the only thing that may come while nothing is asked: not %j, then %j', (behind, between) => {
    expect(readResponseThen(behind, [between])).toBeNull()
  })

  it('does not count as the beginning of the next answer', () => {
    const reader = readResponseThen('', []) as ResponseReader
    startResponse(reader, false, true)
    readBytes(reader, bytesOf('\r\n'), 2)
    expect(hasBegun(reader)).toBe(false)
    readBytes(reader, bytesOf('H'), 1)
    expect(hasBegun(reader)).toBe(true)
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
        expect(reader.parseError).toBeNull()
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
        fc.constantFrom(...goodResponses, ...badResponses).map(({ text }) => bytesOf(text)),
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
        fc.pre(whole.parseError !== 'bytes after its end')
        const pieces = read(cut(bytes, shares))
        expect(pieces.parseError === null).toBe(whole.parseError === null)
        if (whole.parseError === null)
          expect({ ...seen(pieces), phase: pieces.phase }).toEqual({ ...seen(whole), phase: whole.phase })
      }),
      { numRuns: 1000 },
    )
  })
})
