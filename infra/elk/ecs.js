// A line of a service's log by the Elastic Common Schema, as packages/service-kit/src/log/ecs-document.ts makes it when
// a service ships for itself. Filebeat's engine knows ECMAScript 5.1.
var levels = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
var named = ['v', 'name', 'hostname', 'pid', 'level', 'time', 'msg', 'err', 'traceId'];

function put(event, field, value) {
  if (value !== undefined && value !== null) event.Put(field, value);
}

function process(event) {
  var line = event.Get('line');
  if (!line) return;
  var rest = {};
  var some = false;
  for (var key in line) {
    if (named.indexOf(key) === -1) {
      rest[key] = line[key];
      some = true;
    }
  }
  event.Put('ecs.version', '8.17.0');
  put(event, 'message', line.msg);
  put(event, 'log.level', levels[line.level] || String(line.level));
  put(event, 'service.name', line.name);
  put(event, 'host.hostname', line.hostname);
  put(event, 'process.pid', line.pid);
  put(event, 'trace.id', line.traceId);
  if (line.err) {
    put(event, 'error.type', line.err.name);
    put(event, 'error.message', line.err.message);
    put(event, 'error.stack_trace', line.err.stack);
    if (line.err.code !== undefined) event.Put('error.code', String(line.err.code));
  }
  if (some) event.Put('backend2', rest);
  event.Delete('line');
}
