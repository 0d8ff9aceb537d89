export { default } from '@backend2/testkit/ava';
