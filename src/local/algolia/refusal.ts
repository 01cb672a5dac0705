/** An answer other than success, in the shape that Algolia's clients read: `{message, status}` and, for some, further fields. */
export class Refusal extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.fields = fields;
  }

  body(): string {
    return JSON.stringify({ message: this.message, status: this.status, ...this.fields });
  }
}

export function indexMissing(index: string): Refusal {
  return new Refusal(404, `Index ${index} does not exist`);
}
