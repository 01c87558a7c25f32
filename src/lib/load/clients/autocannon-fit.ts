import { failure } from '../../base/errors/errors.ts'
import { authorized, valuesOf } from './fixed-request.ts'
import { readBaseUrl } from './http/base-url.ts'
import type { Clock } from '../../base/measure/clock.ts'
import type { SaturationModel } from '../engine/model.ts'
import type { FixedRequest } from '../../ports/http-client.ts'

/** A request that is sent over and over, and its target. Times in ms. */
export interface SaturationTask {
  /** Origin of the API. */
  readonly origin: string
  readonly timeout: number
  readonly model: SaturationModel
  readonly clock: Clock
}

/** Properties of a response that autocannon cannot count. */
interface Shown {
  /** Status of a response that came before it, such as 103. */
  readonly interim: number | null
  readonly status: number
  /** The connection ends with it. */
  readonly closes: boolean
}

/**
 * Throws `usage-wrong` for what autocannon is known to count wrong: requests that can be seen to be so, and those whose
 * response shows it, for which the request is sent once. What only some responses show (a connection that nginx closes after
 * its thousandth request) is not found.
 */
export async function requireFit({ origin, timeout, model: { send } }: SaturationTask): Promise<void> {
  const misfit = misfitOfRequest(send)
  if (misfit !== null) throw unfit(misfit)
  const shown = await askOnce(origin, timeout, send)
  const wrong = shown && misfitOfResponse(shown)
  if (wrong !== null) throw unfit(wrong)
}

function misfitOfRequest({ method, headers }: FixedRequest): string | null {
  if (method === 'HEAD') return 'waits for the body of an answer to HEAD, which never comes'
  if (valuesOf(headers, 'connection').length > 0) return 'sends a Connection header of its own beside one that is given'
  const names = headers.map(([name]) => name.toLowerCase())
  const twice = names.find((name, index) => names.indexOf(name) < index)
  return twice === undefined ? null : `sends only the last of two headers ${twice}`
}

function misfitOfResponse({ interim, status, closes }: Shown): string | null {
  if (interim !== null) return `takes the ${interim} that this server sends first for its answer`
  if (status === 304) return 'waits for the body of a 304, which never comes'
  return closes ? 'counts a request that it never sent for each connection that this server closes' : null
}

/** Null when no response came, which the run itself will count. */
function askOnce(origin: string, timeout: number, send: FixedRequest): Promise<Shown | null> {
  const url = new URL(origin)
  const { basePath, authorization } = readBaseUrl(origin)
  const { method, headers, body, path } = send
  return new Promise((resolve) => {
    let interim: number | null = null
    // Importing them by name would load all of fetch.
    const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
    const asked = request({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      method,
      path: `${basePath}${path}`,
      headers: {
        ...Object.fromEntries(authorized(headers, authorization)),
        // As autocannon asks: over a connection that is kept.
        connection: 'keep-alive',
        'content-length': body.length,
      },
      timeout,
    })
    asked.on('information', ({ statusCode }) => (interim ??= statusCode))
    asked.on('response', (response) => {
      const { statusCode: status = 0, httpVersion } = response
      const connection = (response.headers.connection ?? '').toLowerCase()
      const closes = connection.includes('close') || (httpVersion === '1.0' && !connection.includes('keep-alive'))
      response.resume()
      response.on('close', () => {
        asked.destroy()
        resolve({ interim, status, closes })
      })
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(null))
    asked.end(body)
  })
}

function unfit(why: string): Error {
  return failure('usage-wrong', {
    reason: `autocannon ${why}, so that its figures would be wrong; leave out --engine.`,
  })
}
