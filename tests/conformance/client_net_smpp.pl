# An ESME on Net::SMPP: a text, its receipt, and leave.
use strict;
use warnings;
use Net::SMPP;

my $port = shift;
my ($smpp, $bound) = Net::SMPP->new_transceiver(
    '127.0.0.1', port => $port, system_id => 'esme', password => 'secret', async => 0)
  or die "no bind: $!";
die 'refused' if $bound->status != 0;
my $answer = $smpp->submit_sm(
    source_addr_ton => 1, source_addr_npi => 1, source_addr => '15005550006',
    dest_addr_ton => 1, dest_addr_npi => 1, destination_addr => '12025550124',
    registered_delivery => 1, short_message => 'from Perl') or die "no answer: $!";
die 'not taken: ' . $answer->explain_status() if $answer->status != 0;
my $receipt;
while (1) {
    $receipt = $smpp->read_pdu() or die "no receipt: $!";
    last if $receipt->cmd == Net::SMPP::CMD_deliver_sm;
}
die "no receipt: $receipt->{short_message}" if $receipt->{short_message} !~ /stat:DELIVRD/;
$smpp->deliver_sm_resp(message_id => '', seq => $receipt->seq, status => 0);
my $left = $smpp->unbind() or die "no answer to unbind: $!";
die 'unbind refused' if $left->status != 0;
print "{\"id\":\"$answer->{message_id}\"}\n";
