import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** `ca.pem`, and a server's and a client's certificate by it, each with its key. */
export async function makeCertificates(folder: string): Promise<void> {
  const run = promisify(execFile)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca')
  for (const [name, usage] of [
    ['server', 'serverAuth'],
    ['client', 'clientAuth'],
  ] as const) {
    const extensions = ['-addext', 'subjectAltName=IP:127.0.0.1']
    const use = ['-addext', `extendedKeyUsage=${usage}`]
    const request = [
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    ]
    await openssl('req', ...request, ...extensions, ...use)
    const signed = ['-in', `${name}.csr`, '-out', `${name}.pem`, '-copy_extensions', 'copy']
    await openssl('x509', '-req', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2', ...signed)
  }
}
