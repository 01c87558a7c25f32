import { Socket } from 'node:net'
import { reasonOf } from '../../base/errors/errors.ts'
import { StatementError } from '../../base/errors/statement-error.ts'

/** One read of the kernel's, for all sockets of the process: what is read is gone through before the next read. */
const readBytes = 64 * 1024
const readBuffer = Buffer.allocUnsafeSlow(readBytes)

/** Told of what has come, which is overwritten afterwards. */
type OnBytes = (bytes: Buffer, end: number) => void

const takers = new WeakMap<Socket, { onBytes: OnBytes | null }>()

/**
 * A socket whose bytes go to the driver as events until they are taken over. Node would allocate 64 kB for each read
 * otherwise: a seventh of what one row costs.
 */
export function createWireSocket(): Socket {
  const taker: { onBytes: OnBytes | null } = { onBytes: null }
  const socket: Socket = new Socket({
    onread: {
      buffer: readBuffer,
      callback(bytes, buffer) {
        if (taker.onBytes) taker.onBytes(buffer as Buffer, bytes)
        else socket.emit('data', Buffer.from(buffer.subarray(0, bytes)))
        return true
      },
    },
  })
  takers.set(socket, taker)
  return socket
}

/** Reads the whole messages among `bytes`; gives where the first one begins that is not whole. */
type ReadMessages = (bytes: Buffer, start: number, end: number) => number

/** How a wire is used by a connection. */
interface WireUser {
  readMessages: ReadMessages
  /** The error for a connection that is lost; `reason` is the socket's, null where the server closed it. */
  lost(reason: unknown): StatementError
  /** Says goodbye to the server. */
  readonly farewell: Buffer
}

/**
 * A driver's socket, taken over after the login: one question and its answer at a time, with nothing of the driver's in
 * between. What is written may be overwritten as soon as its answer is there.
 */
export class Wire<Answer> {
  readonly #socket: Socket
  readonly #user: WireUser
  #resolve: ((answer: Answer) => void) | null = null
  #reject: ((error: Error) => void) | null = null
  /** The beginning of a message that is not whole. */
  #kept = Buffer.alloc(0)
  #keptBytes = 0
  #lost: StatementError | null = null

  constructor(socket: Socket, user: WireUser) {
    this.#socket = socket
    this.#user = user
    const lose = (reason: unknown): void => this.#lose(reason)
    socket.removeAllListeners('data')
    const taker = takers.get(socket)
    if (taker) taker.onBytes = (bytes, end) => this.#take(bytes, end)
    else socket.on('data', (bytes: Buffer) => this.#take(bytes, bytes.length))
    socket.on('error', lose)
    socket.on('end', () => {
      lose(null)
      socket.destroy()
    })
    socket.on('close', () => lose(null))
    if (socket.destroyed) lose(null)
  }

  get isUsable(): boolean {
    return this.#lost === null
  }

  get isBusy(): boolean {
    return this.#reject !== null
  }

  /** Sends a question; resolves with what `finish` is given, rejects with what `fail` is. */
  ask(bytes: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost)
        return
      }
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(bytes)
    })
  }

  /** Sends what is a part of the question under way. */
  send(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  finish(answer: Answer): void {
    const resolve = this.#resolve
    this.#resolve = null
    this.#reject = null
    resolve?.(answer)
  }

  fail(error: Error): void {
    const reject = this.#reject
    this.#resolve = null
    this.#reject = null
    reject?.(error)
  }

  /** Loses the connection, after an error that the server closes it with. */
  breakOff(error: StatementError): void {
    this.#lost ??= error
    this.#socket.destroy()
    this.fail(this.#lost)
  }

  close(): void {
    if (this.#lost) return
    const wasBusy = this.isBusy
    this.#lose(null)
    if (wasBusy) this.#socket.destroy()
    else this.#socket.end(this.#user.farewell, () => this.#socket.destroy())
  }

  #lose(reason: unknown): void {
    this.#lost ??= this.#user.lost(reason)
    this.fail(this.#lost)
  }

  #take(bytes: Buffer, end: number): void {
    if (this.#lost) return
    if (this.#keptBytes === 0) {
      const at = this.#read(bytes, end)
      if (at < end) this.#keep(bytes, at, end)
      return
    }
    this.#keep(bytes, 0, end)
    const at = this.#read(this.#kept, this.#keptBytes)
    if (at === 0) return
    this.#kept.copyWithin(0, at, this.#keptBytes)
    this.#keptBytes -= at
  }

  #read(bytes: Buffer, end: number): number {
    try {
      return this.#user.readMessages(bytes, 0, end)
    } catch (error) {
      this.breakOff(new StatementError('lost', 'protocol violated', reasonOf(error), error))
      return end
    }
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const needed = this.#keptBytes + end - start
    if (needed > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#kept.length))
      this.#kept.copy(larger, 0, 0, this.#keptBytes)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#keptBytes, start, end)
    this.#keptBytes = needed
  }
}
