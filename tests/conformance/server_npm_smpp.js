// An SMSC on the npm package smpp. Prints JSON lines of what it saw.
// Arguments: the folder with node_modules; text or tlv, the form of its receipts.
// Submits are answered with a hexadecimal id; receipts in text form name it in decimal.
const path = require('path');
const smpp = require(path.join(process.argv[2], 'node_modules', 'smpp'));
const form = process.argv[3] || 'text';
const say = (line) => console.log(JSON.stringify(line));
let next = 0xa0;

const server = smpp.createServer((session) => {
  const quiet = () => session.destroy();
  session.on('error', quiet);
  session.on('bind_transceiver', (pdu) => {
    say({ event: 'bind', system_id: pdu.system_id, version: pdu.interface_version });
    session.send(pdu.response());
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('submit_sm', (pdu) => {
    const id = next++;
    const body = pdu.message_payload || pdu.short_message;
    say({
      event: 'submit',
      to: pdu.destination_addr,
      text: typeof body.message === 'string' ? body.message : String(body.message),
      udh: body.udh ? Buffer.concat(body.udh).length : 0,
      payload: Boolean(pdu.message_payload),
      receipt: pdu.registered_delivery & 1,
      validity: String(pdu.validity_period || ''),
    });
    session.send(pdu.response({ message_id: id.toString(16) }));
    if (!(pdu.registered_delivery & 1)) return;
    const stamp = '2606101500';
    const receipt = {
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    };
    if (form === 'tlv') {
      receipt.short_message = '';
      receipt.receipted_message_id = id.toString(16);
      receipt.message_state = smpp.MESSAGE_STATE.DELIVERED;
    } else {
      receipt.short_message =
        `id:${String(id).padStart(10, '0')} sub:001 dlvrd:001 submit date:${stamp} done date:${stamp} stat:DELIVRD err:000 text:`;
    }
    session.deliver_sm(receipt, (answer) => say({ event: 'receipt_answered', status: answer.command_status }));
  });
  session.on('unbind', (pdu) => {
    say({ event: 'unbind' });
    session.send(pdu.response());
  });
});
server.listen(0, '127.0.0.1');
server.on('listening', () => say({ event: 'listening', port: server.address().port }));
