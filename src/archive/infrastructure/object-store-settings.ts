export interface S3Settings {
  readonly bucket: string
  /** Folder in the bucket, without a slash at its ends. Empty for the bucket itself. */
  readonly prefix: string
  readonly region: string
  /** URL of a store that is not of AWS. The bucket is part of the path there. */
  readonly endpoint?: string | undefined
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** Days that a public object cannot be deleted or changed, by anyone. Without it, objects have no lock. */
  readonly objectLockDays?: number | undefined
  /** For example `STANDARD_IA`. A class that must be restored before a read cannot be used. */
  readonly storageClass?: string | undefined
}

/** How long the store is waited for. */
export interface S3Patience {
  /** Milliseconds without any progress after which a request is given up. */
  readonly timeoutMs: number
  /** Requests in all, of which the last one's failure counts. */
  readonly attempts: number
  /** Milliseconds of the first pause between two attempts, at most. Each further pause is up to four times as long. */
  readonly pauseMs: number
}

/** Returns the URL of the settings' bucket, without a slash at its end. */
export function bucketUrlOf({ bucket, region, endpoint }: S3Settings): string {
  return endpoint ? `${endpoint.replace(/\/+$/, '')}/${bucket}` : `https://${bucket}.s3.${region}.amazonaws.com`
}
