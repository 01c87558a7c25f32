import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from '../free-port.ts'

/** A web server of our own on a free port of this machine. */
export interface Nginx extends AsyncDisposable {
  readonly origin: string
}

/** Starts nginx on one core, with `files` by name in its root: one process, which keeps connections for ever. */
export async function startNginx(core: string, files: Readonly<Record<string, Buffer>>): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-nginx-'))
  const port = await findFreePort()
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, port))
  const args = ['-c', core, 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
  const nginx = spawn('taskset', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(nginx, 'exit')
  const origin = `http://127.0.0.1:${port}`
  await untilItAnswers(`${origin}/${Object.keys(files)[0]}`)
  return {
    origin,
    async [Symbol.asyncDispose]() {
      nginx.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As root, nginx would give its worker away to somebody who cannot read the folder. */
function configuration(folder: string, port: number): string {
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr;
events { worker_connections 32768; }
http {
  access_log off;
  default_type application/json;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path ${folder}/client;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${port} backlog=4096; root ${folder}; }
}
`
}

async function untilItAnswers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    )
    if (answered) return
    await wait(100)
  }
  throw new Error('nginx does not answer')
}
