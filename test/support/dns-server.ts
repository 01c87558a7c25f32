import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Kinds of records, by their numbers (RFC 1035, RFC 2782). */
const kinds = { TXT: 16, SRV: 33 } as const

/** Records of a name. */
export interface DnsRecords {
  readonly TXT?: readonly string[]
  readonly SRV?: readonly { readonly host: string; readonly port: number }[]
}

/** A DNS server on loopback that knows a few names. */
export interface DnsServer extends AsyncDisposable {
  readonly address: string
  /** Names that were asked for, as `SRV _mongodb._tcp.cluster.test`. */
  readonly asked: readonly string[]
}

const word = (value: number): Buffer => Buffer.from([value >> 8, value & 255])

function nameBytes(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.of(0),
  ])
}

/** The question of a request: its name, its kind, and where it ends. */
function readQuestion(request: Buffer): { readonly name: string; readonly kind: number; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = request[at] ?? 0; length > 0; length = request[at] ?? 0) {
    labels.push(request.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), kind: request.readUInt16BE(at + 1), end: at + 5 }
}

function dataOf({ TXT = [], SRV = [] }: DnsRecords, kind: number): Buffer[] {
  if (kind === kinds.TXT) return TXT.map((text) => Buffer.from([text.length, ...Buffer.from(text)]))
  if (kind !== kinds.SRV) return []
  return SRV.map(({ host, port }) => Buffer.concat([word(0), word(0), word(port), nameBytes(host)]))
}

/** Answers for `zone`, by name; of other names it says that there are none. */
export async function startDnsServer(zone: Readonly<Record<string, DnsRecords>>): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (request, { port, address }) => {
    const { name, kind, end } = readQuestion(request)
    asked.push(`${kind === kinds.SRV ? 'SRV' : kind === kinds.TXT ? 'TXT' : kind} ${name}`)
    const found = zone[name]
    const answers = dataOf(found ?? {}, kind).map((data) =>
      // The name is the one of the question; it holds for a minute.
      Buffer.concat([word(0xc00c), word(kind), word(1), word(0), word(60), word(data.length), data]),
    )
    // An answer with authority; 3: there is no such name.
    const head = [
      request.subarray(0, 2),
      word(0x8580 + (found ? 0 : 3)),
      word(1),
      word(answers.length),
      word(0),
      word(0),
    ]
    socket.send(Buffer.concat([...head, request.subarray(12, end), ...answers]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    [Symbol.asyncDispose]: async () => void socket.close(),
  }
}
