/** The engine does not answer, or not with what it should, and nothing is known about what was asked; or it has no room to run in, or must end. */
export class EngineFault extends Error {
  override readonly name = 'EngineFault';
  readonly code:
    | 'ENGINE_SILENT'
    | 'ENGINE_ANSWER'
    | 'HAND_OVER'
    | 'DISK_FULL'
    | 'ENGINE_UNENDED'
    | 'ENGINE_FAILED'
    | 'SIGNER_KEY'
    | 'SIGNER_UNPROVEN';

  constructor(code: EngineFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
