#!/usr/bin/perl
# What a CGI.pm program sees of its request, and answers of several kinds.
use strict;
use warnings;
use CGI;
use Digest::SHA qw(sha256_hex);
use JSON::PP;

my $cgi = CGI->new;
my $do = $cgi->url_param('do') // '';
if ($do eq 'missing') {
    print $cgi->header(-status => '404 Not Found', -type => 'text/plain'), "not here\n";
} elsif ($do eq 'moved') {
    print $cgi->redirect(-uri => 'http://example.org/elsewhere', -status => 303);
} elsif ($do eq 'nothing') {
    print $cgi->header(-status => '204 No Content');
} elsif ($do eq 'cookies') {
    print $cgi->header(-cookie => [$cgi->cookie(-name => 'a', -value => '1'), $cgi->cookie(-name => 'b', -value => '2')]);
} elsif ($do eq 'large') {
    print $cgi->header(-type => 'text/plain'), 'x' x 1000000;
} else {
    my (%post, %files, %get);
    for my $name ($cgi->param) {
        my $upload = $cgi->upload($name);
        if ($upload) {
            binmode $upload;
            my $content = do { local $/; <$upload> };
            $files{$name} = [ '' . $cgi->param($name), length($content), sha256_hex($content) ];
        } else {
            $post{$name} = $cgi->param($name);
        }
    }
    $get{$_} = $cgi->url_param($_) for grep { defined } $cgi->url_param;
    my $raw = $cgi->param('POSTDATA') // '';
    my %server = map { $_ => $ENV{$_} } qw(REQUEST_METHOD QUERY_STRING CONTENT_TYPE CONTENT_LENGTH SERVER_PROTOCOL SERVER_NAME SERVER_PORT HTTP_HOST
        GATEWAY_INTERFACE REMOTE_ADDR HTTP_X_ONE HTTP_TRANSFER_ENCODING HTTP_PROXY);
    my %cookie = map { $_ => $cgi->cookie($_) } $cgi->cookie;
    print $cgi->header(-type => 'application/json');
    print JSON::PP->new->encode({ get => \%get, post => \%post, files => \%files, cookie => \%cookie, server => \%server, length => length($raw), sum => sha256_hex($raw) });
}
