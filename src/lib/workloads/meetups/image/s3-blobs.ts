import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import { uuidPattern } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { BlobMissing, type Blobs } from './blobs.ts'
import { chunkBytes } from './contract.ts'

/** The folder of all images: what else is in the bucket is never listed nor removed. */
const folder = 'meetup-images'

/** The bucket of `s3://bucket/prefix`, and the beginning of its images' keys. */
export function readS3Place(url: string): { readonly bucket: string; readonly prefix: string } {
  const [bucket = '', ...rest] = url.slice('s3://'.length).split('/')
  return { bucket, prefix: [...rest.filter((part) => part !== ''), folder, ''].join('/') }
}

/** The SDK would warn on stderr. */
const logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Calls of the image service wait for 5 s. */
const timeouts = { connectionTimeout: 2000, requestTimeout: 4000, throwOnRequestTimeout: true, logger }

/**
 * Endpoint, region and credentials are found as every program of AWS finds them; beyond that, servers with an endpoint of
 * their own need no region, and get the bucket in the path.
 */
function readSettings(): S3ClientConfig {
  // oxlint-disable-next-line node/no-process-env -- the SDK reads the rest there, too
  const { env } = process
  const hasEndpoint = Boolean(env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'])
  // A profile may name the region as well: then nothing is said of it here.
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (hasEndpoint ? 'us-east-1' : '')
  return {
    ...(region !== '' && { region }),
    forcePathStyle: hasEndpoint,
    requestHandler: timeouts,
    logger,
    maxAttempts: 2,
    // Other servers do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }
}

/**
 * Bytes in objects of a bucket, which has to be there. Throws `images-unusable` where it cannot be written to. An object is
 * stored whole by one request, for which an image is held in memory: the largest has 5 MiB.
 */
export async function openS3Blobs(url: string): Promise<Blobs> {
  const { bucket: Bucket, prefix } = readS3Place(url)
  // Loaded only here: it would slow down the start of everything else.
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client(readSettings())
  const at = (name: string) => ({ Bucket, Key: prefix + name })
  try {
    const probe = at(`probe-${randomUUID()}`)
    await client.send(new sdk.PutObjectCommand({ ...probe, Body: '' }))
    await client.send(new sdk.DeleteObjectCommand(probe))
  } catch (error) {
    client.destroy()
    throw failure('images-unusable', { place: url, reason: `${describe(error)} ${adviceOn(error)}`.trim() })
  }
  return {
    async write(name, chunks) {
      const body: Buffer[] = []
      for await (const chunk of chunks) body.push(chunk)
      await ask(client.send(new sdk.PutObjectCommand({ ...at(name), Body: Buffer.concat(body) })))
    },
    async *read(name) {
      const { Body } = await ask(client.send(new sdk.GetObjectCommand(at(name))), name)
      try {
        for await (const bytes of Body as Readable as AsyncIterable<Buffer>)
          for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes)
      } catch (error) {
        throw problemOf(error)
      }
    },
    async remove(name) {
      await ask(client.send(new sdk.DeleteObjectCommand(at(name))))
    },
    async *list() {
      const pages = sdk.paginateListObjectsV2({ client }, { Bucket, Prefix: prefix })
      for await (const { Contents = [] } of pages)
        for (const { Key = '', LastModified } of Contents) {
          const name = Key.slice(prefix.length)
          if (uuidPattern.test(name) && LastModified) yield { name, writtenAt: LastModified.getTime() }
        }
    },
    async close() {
      client.destroy()
    },
  }
}

/** An error of the SDK, of which only these are ever read: other fields may hold the id of a key. */
type S3Problem = Error & { readonly $metadata?: { readonly httpStatusCode?: number } }

function describe(error: unknown): string {
  const { name, $metadata: { httpStatusCode: status } = {} } = error as S3Problem
  const reason = reasonOf(error)
  return name === 'Error' || name === 'AggregateError' || status === undefined ? reason : `${name}, ${reason}`
}

/** The settings that are missing, where it looks so. */
function adviceOn(error: unknown): string {
  const { name, message } = error as S3Problem
  if (name === 'CredentialsProviderError')
    return '(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, say who asks)'
  return message === 'Region is missing' ? '(AWS_REGION, or AWS_ENDPOINT_URL_S3 for a server of your own)' : ''
}

async function ask<Response>(response: Promise<Response>, name?: string): Promise<Response> {
  try {
    return await response
  } catch (error) {
    if (name !== undefined && (error as Error).name === 'NoSuchKey') throw new BlobMissing(`there is no image ${name}`)
    throw problemOf(error)
  }
}

/** `unavailable` where it may pass; what S3 refuses is for whoever runs the service, and not for its callers. */
function problemOf(error: unknown): Error {
  const status = (error as S3Problem).$metadata?.httpStatusCode ?? 0
  const isRefused = status >= 400 && status < 500
  return isRefused
    ? new Error(`The bucket of the images refuses it: ${describe(error)}`)
    : new RpcError('unavailable', 'The bucket of the images does not answer', new Error(describe(error)))
}
