import './segmented.css';

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

/** A choice of a few, all in sight. */
export const Segmented = <T extends string>({ label, value, options, onChange }: SegmentedProps<T>) => (
  <div className="segmented" role="radiogroup" aria-label={label}>
    {options.map((option) => (
      <label key={option.value} className={option.value === value ? 'chosen' : undefined}>
        <input
          type="radio"
          className="visually-hidden"
          name={label}
          checked={option.value === value}
          onChange={() => onChange(option.value)}
        />
        {option.label}
      </label>
    ))}
  </div>
);
