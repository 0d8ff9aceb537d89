import type { Rating } from '@backend2/contracts';
import { Button } from '../ui/button.tsx';
import type { IconName } from '../ui/icons.tsx';

const choices: readonly {
  readonly rating: Rating;
  readonly label: string;
  readonly key: string;
  readonly icon?: IconName;
}[] = [
  { rating: 'good', label: 'Good', key: 'G', icon: 'up' },
  { rating: 'poor', label: 'Poor', key: 'P', icon: 'thumbDown' },
  { rating: 'unrated', label: 'Unrated', key: 'U' },
];

/** The rating a key stands for. */
export const ratingOfKey = (key: string): Rating | undefined =>
  choices.find((choice) => choice.key.toLowerCase() === key.toLowerCase())?.rating;

export const RatingButtons = ({ rating, onRate }: { rating: Rating; onRate: (rating: Rating) => void }) => (
  <div className="rating-buttons" role="group" aria-label="Rating">
    {choices.map((choice) => (
      <Button
        key={choice.rating}
        {...(choice.icon === undefined ? {} : { icon: choice.icon })}
        aria-pressed={rating === choice.rating}
        aria-keyshortcuts={choice.key}
        title={`${choice.label} (${choice.key})`}
        onClick={() => onRate(choice.rating)}
      >
        {choice.label}
      </Button>
    ))}
  </div>
);
