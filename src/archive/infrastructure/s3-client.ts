import { setTimeout } from 'node:timers/promises'
import { AwsV4Signer } from 'aws4fetch'
import { ArchiveUnavailable } from '../domain/errors.ts'
import { exchange, type HttpAnswer, type HttpRequest } from './http-exchange.ts'
import { sha256Of, sizeOf } from './object-content.ts'
import { bucketUrlOf, type S3Patience, type S3Settings } from './object-store-settings.ts'

const PATIENCE: S3Patience = { timeoutMs: 10_000, attempts: 4, pauseMs: 200 }
/** Refusals that pass, beside 429 and 5xx. */
const PASSING = new Set(['ConditionalRequestConflict', 'OperationAborted', 'RequestTimeout'])
/** A 404 of another name speaks of the bucket or the credentials. A HEAD has no name. */
const ABSENCES = new Set(['NoSuchKey', 'NoSuchVersion'])
/** A feature that the store does not have comes with no retry. */
const NOT_IMPLEMENTED = 501

export interface S3Request extends Pick<HttpRequest, 'content' | 'receive'> {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  /** Undefined for the bucket itself. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses that the caller handles. Any other one, and a 404 of the bucket, becomes ArchiveUnavailable. */
  readonly expected: readonly number[]
}

export interface S3Answer extends HttpAnswer {
  /** S3's name of the refusal. Empty for a success, and for a HEAD. */
  readonly code: string
}

/** Signs requests to a bucket (AWS Signature Version 4), and repeats those that fail for a reason that passes. */
export class S3Client {
  readonly #settings: S3Settings
  readonly #patience: S3Patience
  readonly #url: string
  readonly #signingKeys = new Map<string, ArrayBuffer>()

  constructor(settings: S3Settings, patience: Partial<S3Patience> = {}) {
    this.#settings = settings
    this.#patience = { ...PATIENCE, ...patience }
    this.#url = bucketUrlOf(settings)
  }

  /** @throws ArchiveUnavailable when the store does not answer, or answers with a status that is not expected */
  async send(request: S3Request): Promise<S3Answer> {
    const { attempts, pauseMs } = this.#patience
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(request).catch((error: Error) => error)
      const isFinal = !(outcome instanceof Error) && !isPassing(outcome)
      if (isFinal || attempt === attempts) return this.#judged(request, outcome)
      await setTimeout(Math.random() * pauseMs * 4 ** (attempt - 1))
    }
  }

  /** Name of an object in the bucket: its key with the prefix of the settings. */
  pathOf(key: string): string {
    const { prefix } = this.#settings
    return prefix ? `${prefix}/${key}` : key
  }

  async #attempt(request: S3Request): Promise<S3Answer> {
    const { method, content, receive, headers = {} } = request
    const url = this.#urlOf(request)
    const hash = Buffer.from(sha256Of(content ?? new Uint8Array()))
    const { region, accessKeyId, secretAccessKey, sessionToken } = this.#settings
    const signer = new AwsV4Signer({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      region,
      service: 's3',
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': hash.toString('hex') },
      cache: this.#signingKeys,
    })
    const signed = Object.fromEntries((await signer.sign()).headers)
    const length = content ? { 'content-length': String(sizeOf(content)) } : {}
    const sent = {
      method,
      url,
      headers: { ...signed, ...length },
      ...(content && { content }),
      ...(receive && { receive }),
    }
    const answer = await exchange(sent, this.#patience.timeoutMs)
    return { ...answer, code: answer.status < 300 ? '' : elementOf(answer.body, 'Code') }
  }

  #urlOf({ key, query = {} }: S3Request): URL {
    const path = key === undefined ? [] : this.pathOf(key).split('/').map(encodeURIComponent)
    const url = new URL([this.#url, ...path].join('/'))
    url.search = new URLSearchParams(query).toString()
    return url
  }

  #judged({ method, key = 'the bucket', expected }: S3Request, outcome: Error | S3Answer): S3Answer {
    if (outcome instanceof Error) throw new ArchiveUnavailable({ cause: outcome })
    const { status, code, body } = outcome
    const isOfBucket = status === 404 && method !== 'HEAD' && !ABSENCES.has(code)
    if (expected.includes(status) && !isOfBucket) return outcome
    const told = [code, elementOf(body, 'Message')].filter((part) => part).join(', ')
    const refusal = `the store answered ${status} to ${method} of ${key}${told && `: ${told}`}`
    throw new ArchiveUnavailable({ cause: new Error(this.#withoutCredentials(refusal)) })
  }

  #withoutCredentials(text: string): string {
    const { accessKeyId, secretAccessKey, sessionToken = secretAccessKey } = this.#settings
    return [accessKeyId, secretAccessKey, sessionToken].reduce((all, secret) => all.replaceAll(secret, '***'), text)
  }
}

function isPassing({ status, code }: S3Answer): boolean {
  return PASSING.has(code) || status === 429 || (status >= 500 && status !== NOT_IMPLEMENTED)
}

/** Returns the text of an XML element; empty when the body has none. */
function elementOf(body: Buffer, name: string): string {
  return new RegExp(`<${name}>([^<]{0,300})`).exec(body.toString())?.[1] ?? ''
}
