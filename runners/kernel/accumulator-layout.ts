import { type FixedWidthType, isFixedWidth, schemaFromJson } from '../../sdk/coders/index.js';
import { BEAM_CODER, type Coder } from '../../sdk/model/index.js';

export interface ColumnField {
  readonly name: string;
  readonly type: FixedWidthType;
}

/**
 * How accumulators are held. `opaque`: as the values that the CombineFn made. `scalar`: each is one number in a column.
 * `struct`: each is a record of numbers and booleans, side by side in one column.
 */
export type AccumulatorLayout =
  | { readonly kind: 'opaque' }
  | { readonly kind: 'scalar'; readonly type: FixedWidthType }
  | { readonly kind: 'struct'; readonly fields: readonly ColumnField[] };

const OPAQUE: AccumulatorLayout = { kind: 'opaque' };

/** What a declared coder says of the accumulators. */
export function accumulatorLayout(coder: Coder<unknown> | undefined): AccumulatorLayout {
  switch (coder?.urn) {
    case BEAM_CODER.varint:
      return { kind: 'scalar', type: 'int64' };
    case BEAM_CODER.double:
      return { kind: 'scalar', type: 'double' };
    case BEAM_CODER.row: {
      const { fields } = schemaFromJson(coder?.payload);
      const isStruct = fields.length > 0 && fields.every(({ type }) => isFixedWidth(type));
      return isStruct ? { kind: 'struct', fields: fields as readonly ColumnField[] } : OPAQUE;
    }
    default:
      return OPAQUE;
  }
}
