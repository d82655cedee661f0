/** The engine does not answer, or not with what it should; nothing is known about what was asked. */
export class EngineFault extends Error {
  override readonly name = 'EngineFault';
  readonly code: 'ENGINE_SILENT' | 'ENGINE_ANSWER' | 'HAND_OVER';

  constructor(code: EngineFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
