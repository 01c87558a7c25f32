import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'

/** A real S3 server of this test's own, with one empty bucket. It knows keys, but holds no signature against their secrets. */
export interface S3Server extends AsyncDisposable {
  readonly bucket: string
  /** What every program of AWS reads. */
  readonly env: Readonly<Record<string, string>>
  /** Keys of all objects in the bucket, sorted. */
  keys(): Promise<string[]>
  /** Ends it; whoever asks it then gets no answer. */
  stop(): Promise<void>
}

export async function startS3(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'rushbench-s3-'))
  const bucket = 'pictures'
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  })
  const { port } = await server.run()
  let isStopped = false
  async function stop(): Promise<void> {
    if (!isStopped) await server.close()
    isStopped = true
  }
  return {
    bucket,
    env: {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
    },
    async keys() {
      const entries = await readdir(join(directory, bucket), { recursive: true })
      return entries.flatMap((entry) => /^(?<key>.*)\._S3rver_object$/.exec(entry)?.groups?.['key'] ?? []).toSorted()
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
