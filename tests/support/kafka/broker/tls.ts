import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { mustRun } from './running.ts'

export interface Certificate {
  readonly path: string
  readonly password: string
  /** Path of the PEM certificate that a client has to trust. */
  readonly caPath: string
}

const MADE_WITHIN_MS = 30_000

/** Creates a key store in the folder, with a self-signed certificate for localhost and 127.0.0.1. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const path = join(folder, 'broker.p12')
  const caPath = join(folder, 'ca.pem')
  const password = randomBytes(12).toString('hex')
  const store = ['-keystore', path, '-storepass', password, '-storetype', 'PKCS12', '-alias', 'broker']
  const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30']
  const names = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1', '-ext', 'bc:c=ca:true']
  await mustRun('keytool', ['-genkeypair', ...store, ...key, ...names], MADE_WITHIN_MS)
  await mustRun('keytool', ['-exportcert', '-rfc', ...store, '-file', caPath], MADE_WITHIN_MS)
  return { path, password, caPath }
}
