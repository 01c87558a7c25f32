import { z } from 'zod'
import { durationAllowed, setting } from './setting.ts'
import { duration, wholeNumber } from '../base/parse-values.ts'

/** A text that can stand in a header, and that nobody guesses. */
const secretText = z.string().regex(/^[\x21-\x7e]{16,200}$/)
const secretAllowed = '16 to 200 printable ASCII characters without spaces, such as "openssl rand -hex 32" makes'

/** Where an API listens, and what of it is not for everybody. */
export const apiSettings = {
  host: setting({
    schema: z.string().min(1),
    default: '127.0.0.1',
    summary: 'address the API listens on; 0.0.0.0 opens it to the network',
    allowed: 'an address or name of this machine',
  }),
  port: setting({
    schema: wholeNumber(0, 65_535),
    default: '3000',
    summary: 'port the API listens on; 0 takes any free one',
    allowed: 'a whole number from 0 to 65535',
  }),
  shutdownTimeout: setting({
    schema: duration(0),
    default: '10s',
    summary: 'how long an API that is stopped goes on with what is in flight; connections that are open then are ended',
    allowed: durationAllowed,
  }),
  metricsPort: setting({
    schema: wholeNumber(0, 65_535),
    default: undefined,
    summary: 'port of /metrics, which the API does not serve then; 0 takes any free one',
    allowed: 'a whole number from 0 to 65535',
  }),
  metricsToken: setting({
    schema: secretText,
    default: undefined,
    summary: 'what whoever reads /metrics has to send as a Bearer token',
    allowed: secretAllowed,
    secret: true,
  }),
  serviceSecret: setting({
    schema: secretText,
    default: undefined,
    summary: 'what the parts of the workload meetups show each other where they run in processes of their own',
    allowed: secretAllowed,
    secret: true,
  }),
}
